"""What happened stays as it was written, whoever writes SQL: history, and what a message says.

A message whose step stands in the history cannot be deleted either.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION tickets_refuse_alteration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what happened stays as it was written', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE TRIGGER history_stands BEFORE UPDATE OR DELETE ON tickets_historyentry
    FOR EACH ROW EXECUTE FUNCTION tickets_refuse_alteration();

CREATE TRIGGER what_was_written_stands
    BEFORE UPDATE OF ticket_id, number, sender_type, operator_id, sender_name,
        title, text, html, written_at, created_at ON tickets_message
    FOR EACH ROW WHEN (
        (OLD.ticket_id, OLD.number, OLD.sender_type, OLD.operator_id, OLD.sender_name,
         OLD.title, OLD.text, OLD.html, OLD.written_at, OLD.created_at)
        IS DISTINCT FROM
        (NEW.ticket_id, NEW.number, NEW.sender_type, NEW.operator_id, NEW.sender_name,
         NEW.title, NEW.text, NEW.html, NEW.written_at, NEW.created_at)
    ) EXECUTE FUNCTION tickets_refuse_alteration();
"""
BACKWARDS = """
DROP TRIGGER what_was_written_stands ON tickets_message;
DROP TRIGGER history_stands ON tickets_historyentry;
DROP FUNCTION tickets_refuse_alteration();
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_message_segments")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
