from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clusters", "0006_rehearsal_purpose"),
    ]

    operations = [
        migrations.AddField(
            model_name="prod",
            name="raised_by",
            field=models.BigIntegerField(
                help_text="number of the live Run that lets its autoscalers keep more pods than the Blueprint",
                null=True,
            ),
        ),
    ]
