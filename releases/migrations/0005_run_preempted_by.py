import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('releases', '0004_freeze_moves'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='preempted_by',
            field=models.ForeignKey(help_text='moved users, so that what this Run has not begun is to be judged anew', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='preempted', to='releases.run'),
        ),
    ]
