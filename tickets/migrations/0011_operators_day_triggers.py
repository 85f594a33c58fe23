"""The address of a message's sender stays as it was written, too."""

from django.db import migrations

COLUMNS = "ticket_id, number, sender_type, operator_id, sender_name, title, text, html, written_at, created_at"


def trigger(columns):
    old, new = (
        ", ".join(f"{row}.{name}" for name in columns.split(", ")) for row in ("OLD", "NEW")
    )
    return f"""
        DROP TRIGGER what_was_written_stands ON tickets_message;
        CREATE TRIGGER what_was_written_stands BEFORE UPDATE OF {columns} ON tickets_message
            FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
            EXECUTE FUNCTION tickets_refuse_alteration();
    """


class Migration(migrations.Migration):
    dependencies = [("tickets", "0010_operators_day")]

    operations = [migrations.RunSQL(trigger(f"{COLUMNS}, sender_email"), trigger(COLUMNS))]
