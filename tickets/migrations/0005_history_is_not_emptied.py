"""History is not emptied either: TRUNCATE passes the triggers of rows."""

from django.db import migrations

FORWARDS = """
CREATE TRIGGER history_is_not_emptied BEFORE TRUNCATE ON tickets_historyentry
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_refuse_alteration();
"""
BACKWARDS = "DROP TRIGGER history_is_not_emptied ON tickets_historyentry;"


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_history_stands")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
