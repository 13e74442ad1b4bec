from django.db import migrations


class Migration(migrations.Migration):
    """The table stays: see `traffic.0010_freeze`."""

    dependencies = [("releases", "0003_automation"), ("traffic", "0010_freeze")]

    operations = [migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Freeze")])]
