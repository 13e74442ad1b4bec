"""A Version's promises about going back and about its data are immutable too."""

from django.db import migrations

COLUMNS = "blueprint_id, revision_id, name, images, rollback"

REPLACE = """
DROP TRIGGER immutable ON clusters_version;
CREATE TRIGGER immutable BEFORE UPDATE OF %s
  ON clusters_version FOR EACH ROW EXECUTE FUNCTION drover_refuse_update();
"""


class Migration(migrations.Migration):
    dependencies = [("clusters", "0003_house")]
    operations = [
        migrations.RunSQL(REPLACE % f"{COLUMNS}, rollback_until, shares_data_with", REPLACE % COLUMNS)
    ]
