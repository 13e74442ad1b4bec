"""What is immutable is so in the database: revisions, and Versions but for their veto."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION drover_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% rows are immutable: make a new one', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER immutable BEFORE UPDATE ON clusters_blueprintrevision
  FOR EACH ROW EXECUTE FUNCTION drover_refuse_update();
CREATE TRIGGER immutable BEFORE UPDATE ON clusters_overrides
  FOR EACH ROW EXECUTE FUNCTION drover_refuse_update();
CREATE TRIGGER immutable BEFORE UPDATE OF blueprint_id, revision_id, name, images, rollback
  ON clusters_version FOR EACH ROW EXECUTE FUNCTION drover_refuse_update();
"""

ALLOW = """
DROP TRIGGER immutable ON clusters_version;
DROP TRIGGER immutable ON clusters_overrides;
DROP TRIGGER immutable ON clusters_blueprintrevision;
DROP FUNCTION drover_refuse_update();
"""


class Migration(migrations.Migration):
    dependencies = [("clusters", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
