"""Room that Runs count on for users that they have not sent there yet."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clusters", "0005_revision_needs"), ("traffic", "0003_liveness")]

    operations = [
        migrations.CreateModel(
            name="Reservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("run_id", models.BigIntegerField(db_index=True)),
                ("load", models.PositiveIntegerField()),
                (
                    "prod",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clusters.prod"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run_id", "prod"), name="reservation_once_per_prod_and_run"
                    )
                ]
            },
        ),
    ]
