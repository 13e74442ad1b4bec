import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """Publications that are there get the time of now: nothing is measured of them before they are asked for anew."""

    dependencies = [("traffic", "0010_freeze")]

    operations = [
        migrations.AddField(
            model_name="publication",
            name="made_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                help_text="since when it is to be published there",
            ),
        ),
    ]
