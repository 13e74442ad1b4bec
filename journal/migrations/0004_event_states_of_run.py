from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("journal", "0003_event_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("kind", "run")), fields=["run_id"], name="event_states_of_run"
            ),
        ),
    ]
