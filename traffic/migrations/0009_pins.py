"""The Prods that alone may ever serve a Route, and a Tenant; none: any."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("traffic", "0008_measured_load")]

    operations = [
        migrations.AddField(
            model_name=kind,
            name="pins",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=63), default=list, size=None
            ),
        )
        for kind in ("route", "tenant")
    ]
