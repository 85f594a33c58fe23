"""A copy of the requester's address in each ticket, for sorting, kept by triggers."""

from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION tickets_copy_requester_email() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT email INTO NEW.requester_email FROM tickets_requester WHERE id = NEW.requester_id;
    RETURN NEW;
END $$;

CREATE TRIGGER ticket_has_its_requesters_email BEFORE INSERT OR UPDATE OF requester_id
    ON tickets_ticket FOR EACH ROW EXECUTE FUNCTION tickets_copy_requester_email();

CREATE FUNCTION tickets_change_requester_email() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tickets_ticket SET requester_email = NEW.email WHERE requester_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER tickets_follow_the_requesters_email AFTER UPDATE OF email ON tickets_requester
    FOR EACH ROW WHEN (OLD.email <> NEW.email)
    EXECUTE FUNCTION tickets_change_requester_email();
"""
BACKWARDS = """
DROP TRIGGER tickets_follow_the_requesters_email ON tickets_requester;
DROP FUNCTION tickets_change_requester_email();
DROP TRIGGER ticket_has_its_requesters_email ON tickets_ticket;
DROP FUNCTION tickets_copy_requester_email();
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0006_canonical_address")]

    operations = [
        migrations.AddField(
            "ticket",
            "requester_email",
            models.CharField(db_default="", editable=False, max_length=320),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
