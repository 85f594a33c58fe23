"""Copies of answers, messages that change nobody's turn, and several entries about a message."""

from django.db import migrations, models

# Of closed tickets nobody asks whose turn it is.
_MARK_QUIET = """
UPDATE tickets_message AS message SET is_quiet = true FROM tickets_ticket AS ticket
WHERE ticket.id = message.ticket_id AND ticket.status <> 'closed' AND message.sender_type = 'user'
    AND (origin ->> 'kind' IN ('auto_reply', 'ours') OR origin ->> 'rule' = 'reaction')
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0017_search_indexes")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="copies",
            field=models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                verbose_name="copies",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="is_quiet",
            field=models.BooleanField(db_default=False, default=False, verbose_name="quiet"),
        ),
        migrations.RunSQL(_MARK_QUIET, migrations.RunSQL.noop),
    ]
