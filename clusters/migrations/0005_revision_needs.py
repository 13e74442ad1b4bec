"""A revision knows the kinds that it has and the Secrets that it needs."""

from django.db import migrations, models

from clusters.core.manifests import key_of
from clusters.core.references import secret_references

ALLOW = "ALTER TABLE clusters_blueprintrevision DISABLE TRIGGER immutable"
REFUSE = "ALTER TABLE clusters_blueprintrevision ENABLE TRIGGER immutable"


def fill(apps, schema_editor):
    revisions = apps.get_model("clusters", "BlueprintRevision").objects
    for row in revisions.all().iterator(chunk_size=50):
        kinds = sorted({key_of(manifest) for manifest in row.manifests})
        secrets = list(secret_references(row.manifests))
        revisions.filter(pk=row.pk).update(kinds=kinds, secrets=secrets)


class Migration(migrations.Migration):
    dependencies = [("clusters", "0004_immutable_promises")]
    operations = [
        migrations.AddField(
            model_name="blueprintrevision",
            name="kinds",
            field=models.JSONField(default=list, help_text="its kinds, as keys of `key_of`, sorted"),
        ),
        migrations.AddField(
            model_name="blueprintrevision",
            name="secrets",
            field=models.JSONField(default=list, help_text="names of the Secrets that must be there, sorted"),
        ),
        migrations.RunSQL(ALLOW, REFUSE),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
