"""What the search looks through: a table that triggers keep in the transaction of each change."""

import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

FORWARDS = r"""
-- Of equal length, so that a place in the result is the same place in the text. The signs would
-- join words for the parser: addresses, paths, tags.
CREATE FUNCTION tickets_fold(given text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN regexp_replace(
        replace(lower(given), 'ё', 'е'), '[-@._/:<>&=+~%#?''"|\\]', ' ', 'g'
    );
END $$;

-- Composed letters, as keyboards write them: the parser ends a word at a combining mark.
CREATE FUNCTION tickets_compose(given text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF given ~ '[\u0300-\u036f\u1100-\u11ff\u3099\u309a]' THEN
        RETURN normalize(given, NFC);
    END IF;
    RETURN given;
END $$;

-- Each word and its stem. The stems are read from the different words, of which a text has fewer.
-- 100,000 characters keep far below the megabyte that a tsvector may have.
CREATE FUNCTION tickets_words(given text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain tsvector := to_tsvector(
        'pg_catalog.simple', tickets_fold(tickets_compose(left(given, 100000)))
    );
BEGIN
    RETURN strip(
        plain
        || to_tsvector('pg_catalog.russian', array_to_string(tsvector_to_array(plain), ' '))
    );
END $$;

-- The words alone, with one blank before each and after the last, to look for a phrase.
CREATE FUNCTION tickets_squeeze(given text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    folded text := tickets_fold(tickets_compose(left(given, 100000)));
BEGIN
    RETURN ' ' || btrim(regexp_replace(folded, '[^[:alnum:]]+', ' ', 'g')) || ' ';
END $$;

-- An index is on this: VACUUM and restoring a backup compute it with an empty search_path.
CREATE FUNCTION tickets_people(email text, name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN tickets_fold(tickets_compose(' ' || email || ' ' || name));
END $$;

CREATE FUNCTION tickets_requester_people(ticket bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT tickets_people(requester.email, requester.name)
    FROM tickets_ticket JOIN tickets_requester AS requester ON requester.id = requester_id
    WHERE tickets_ticket.id = ticket
$$;

CREATE FUNCTION tickets_search_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_search (ticket_id, kind, source_id, words, people)
    SELECT ticket_id, 1, id, tickets_words(title || ' ' || text),
        CASE WHEN number = 1 THEN tickets_requester_people(ticket_id) END
    FROM written;
    RETURN NULL;
END $$;

CREATE TRIGGER messages_are_found AFTER INSERT ON tickets_message
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT
    EXECUTE FUNCTION tickets_search_messages();

CREATE FUNCTION tickets_search_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM tickets_search
        WHERE ticket_id = OLD.ticket_id AND kind = 2 AND source_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO tickets_search (ticket_id, kind, source_id, words)
        VALUES (NEW.ticket_id, 2, NEW.id, tickets_words(NEW.text));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER note_is_found AFTER INSERT OR UPDATE OF text OR DELETE ON tickets_note
    FOR EACH ROW EXECUTE FUNCTION tickets_search_note();

CREATE FUNCTION tickets_search_participant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM tickets_search
        WHERE ticket_id = OLD.ticket_id AND kind = 3 AND source_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO tickets_search (ticket_id, kind, source_id, people)
        SELECT NEW.ticket_id, 3, NEW.id, tickets_people(NEW.email, NEW.name)
        WHERE NOT NEW.is_removed;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER participant_is_found AFTER INSERT OR UPDATE OR DELETE ON tickets_participant
    FOR EACH ROW EXECUTE FUNCTION tickets_search_participant();

CREATE FUNCTION tickets_search_requester() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tickets_search SET people = tickets_people(NEW.email, NEW.name)
    WHERE ticket_id IN (SELECT id FROM tickets_ticket WHERE requester_id = NEW.id)
        AND kind = 1 AND people IS NOT NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER requester_is_found AFTER UPDATE OF email, name ON tickets_requester
    FOR EACH ROW WHEN ((OLD.email, OLD.name) IS DISTINCT FROM (NEW.email, NEW.name))
    EXECUTE FUNCTION tickets_search_requester();
"""
BACKWARDS = """
DROP TRIGGER requester_is_found ON tickets_requester;
DROP TRIGGER participant_is_found ON tickets_participant;
DROP TRIGGER note_is_found ON tickets_note;
DROP TRIGGER messages_are_found ON tickets_message;
DROP FUNCTION tickets_search_requester();
DROP FUNCTION tickets_search_participant();
DROP FUNCTION tickets_search_note();
DROP FUNCTION tickets_search_messages();
DROP FUNCTION tickets_requester_people(bigint);
DROP FUNCTION tickets_people(text, text);
DROP FUNCTION tickets_squeeze(text);
DROP FUNCTION tickets_words(text);
DROP FUNCTION tickets_compose(text);
DROP FUNCTION tickets_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0014_tighten")]

    operations = [
        migrations.CreateModel(
            name="SearchRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ticket_id",
                        "kind",
                        "source_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[(1, "Message"), (2, "Note"), (3, "Participant")]
                    ),
                ),
                ("source_id", models.BigIntegerField()),
                ("words", django.contrib.postgres.search.SearchVectorField(null=True)),
                ("people", models.TextField(null=True)),
                (
                    "ticket",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={"db_table": "tickets_search"},
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
