"""An index of Message-IDs without the mail that waits, which has none yet."""

from django.contrib.postgres.indexes import HashIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mailing", "0012_indexes_for_many_mails")]

    operations = [
        AddIndexConcurrently(
            "inboundemail",
            HashIndex(
                fields=["message_id_header"],
                condition=Q(ticket__isnull=False),
                name="inbound_ticket_by_message_id",
            ),
        ),
        RemoveIndexConcurrently("inboundemail", "inbound_by_message_id"),
    ]
