"""The load of a Tenant may be measured."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("traffic", "0007_hostnames")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="measured_load",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.CreateModel(
            name="LoadReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("read_at", models.DateTimeField(null=True)),
                ("tenants", models.PositiveIntegerField(default=0)),
                ("reason", models.JSONField(default=dict)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="load_reading_once")
                ],
            },
        ),
    ]
