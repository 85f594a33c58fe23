"""What the search looks through; triggers of the database write it (migration 0015)."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q


class SearchRow(models.Model):
    """The words of a message or note, or the address and name of somebody who is in a ticket.

    A row for each source and none for the whole ticket: so nothing is written again when a ticket
    grows, and words that must stand in one message are found as they stand.
    """

    class Kind(models.IntegerChoices):
        """What a row is about."""

        MESSAGE = 1
        NOTE = 2
        PARTICIPANT = 3

    pk = models.CompositePrimaryKey("ticket_id", "kind", "source_id")
    # Without a constraint: checking it would cost each mail a look-up, and tickets stay.
    ticket = models.ForeignKey(
        "tickets.Ticket", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    kind = models.SmallIntegerField(choices=Kind.choices)
    source_id = models.BigIntegerField()
    # Stems, and the words as they are.
    words = SearchVectorField(null=True)
    # A participant's, or with the first message the requester's.
    people = models.TextField(null=True)  # noqa: DJ001 - null is not in the index

    class Meta:
        db_table = "tickets_search"
        indexes = [
            GinIndex(fields=["words"], name="ticket_words"),
            GinIndex(
                fields=["people"],
                opclasses=["gin_trgm_ops"],
                condition=Q(people__isnull=False),
                name="ticket_people",
            ),
        ]

    def __str__(self) -> str:
        return f"search row {self.pk}"
