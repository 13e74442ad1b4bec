"""No hostname belongs to two Tenants: a table of them, kept by the database itself."""

import django.db.models.deletion
from django.db import migrations, models

# Told before anything is stored: which of two Tenants a hostname belongs to, nobody but a person can say.
CHECK = """
DO $$
DECLARE twice text;
BEGIN
    SELECT string_agg(host || ' (' || owners || ')', ', ') INTO twice FROM (
        SELECT host, string_agg(name, ', ' ORDER BY name) AS owners
        FROM (SELECT DISTINCT name, unnest(hostnames) AS host FROM traffic_tenant) AS held
        GROUP BY host HAVING count(*) > 1 ORDER BY host LIMIT 20
    ) AS shared;
    IF twice IS NOT NULL THEN
        RAISE EXCEPTION 'Hostnames of several tenants: %. Leave each to one of them, then migrate again.', twice;
    END IF;
END $$
"""
CARRY_OVER = """
INSERT INTO traffic_hostname (name, tenant_id) SELECT DISTINCT unnest(hostnames), id FROM traffic_tenant
"""
FOLLOW = """
CREATE FUNCTION traffic_keep_hostnames() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM traffic_hostname WHERE tenant_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO traffic_hostname (name, tenant_id) SELECT DISTINCT unnest(NEW.hostnames), NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER traffic_keep_hostnames AFTER INSERT OR DELETE OR UPDATE OF hostnames ON traffic_tenant
    FOR EACH ROW EXECUTE FUNCTION traffic_keep_hostnames();
"""
FORGET = """
DROP TRIGGER traffic_keep_hostnames ON traffic_tenant;
DROP FUNCTION traffic_keep_hostnames();
"""


class Migration(migrations.Migration):
    dependencies = [("traffic", "0006_state_file")]

    operations = [
        migrations.RunSQL(CHECK, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Hostname",
            fields=[
                ("name", models.CharField(max_length=253, primary_key=True, serialize=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="traffic.tenant"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOW, FORGET),
    ]
