"""The Event log is append-only in the database too."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION drover_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the Event log is append-only' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_event
  FOR EACH ROW EXECUTE FUNCTION drover_refuse_change();
"""

ALLOW = """
DROP TRIGGER append_only ON journal_event;
DROP FUNCTION drover_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
