"""What a row of a list shows of a ticket besides its own fields, read for all rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from operators.models import Operator
from tickets.desk.changes import IS_WRITING
from tickets.desk.marks import mark_hits
from tickets.desk.priority_signs import priority_sign
from tickets.models import Draft, Message, Status, Ticket
from tickets.search.snippets import snippets, words_pattern
from tickets.seen import mark_unread

_CHARACTERS = 200
# A mail's own words stand before what it quotes, or soon after.
_READ = 4_000


@dataclass
class Row:
    """A row of a list; writing, drafting: the names of colleagues."""

    ticket: Ticket
    title: SafeString
    text: SafeString | str = ""
    writer: str = ""
    writing: list[str] = field(default_factory=list)
    drafting: list[str] = field(default_factory=list)

    @property
    def number(self) -> str:
        """Return the ticket's number as a text, which a template writes faster than a number."""
        return str(self.ticket.pk)

    @property
    def status(self) -> str:
        """Return the ticket's status in words, sooner than Django's `get_status_display`."""
        return str(Status(self.ticket.status).label)

    @property
    def is_unread(self) -> bool:
        """Return whether there is something new for the reader."""
        return bool(getattr(self.ticket, "unread", False))

    @property
    def priority_sign(self) -> str | None:
        """Return the kind of the priority's badge; None for the normal one, which has none."""
        return priority_sign(self.ticket)


def rows_of(tickets: Sequence[Ticket], operator: Operator, *, search: str) -> list[Row]:
    """Return the rows of a page, by the same few statements however many they are."""
    if not tickets:
        return []
    words = words_pattern(search) if search else None
    rows = {
        ticket.pk: Row(ticket, mark_hits(ticket.title or _("(no subject)"), words))
        for ticket in tickets
    }
    mark_unread(tickets, operator)
    if search:
        for pk, text in snippets(tickets, search).items():
            rows[pk].text = mark_hits(text, words)
    else:
        _add_last_messages(rows, operator)
    _add_writers(rows, operator)
    return list(rows.values())


def _add_last_messages(rows: dict[int, Row], operator: Operator) -> None:
    """Add the first words of each ticket's last message, and who of us wrote it."""
    last = Message.objects.filter(ticket__in=rows, number=F("ticket__message_count"))
    fields = ("ticket_id", "operator_id", "operator__name", "segments")
    for message in last.values(*fields, beginning=Left("text", _READ)):
        row = rows[message["ticket_id"]]
        row.text = own_words(message["beginning"], message["segments"])
        if message["operator_id"]:
            is_own = message["operator_id"] == operator.pk
            row.writer = _("You") if is_own else message["operator__name"]


def own_words(text: str, segments: Sequence[dict[str, Any]]) -> str:
    """Return the first words of a message that are neither quoted nor a signature, in one line."""
    new = [text[part["start"] : part["end"]] for part in segments if part["kind"] == "reply"]
    words = " ".join(" ".join(new).split()) or " ".join(text.split())
    return words if len(words) <= _CHARACTERS else f"{words[: _CHARACTERS - 1]}…"


def _add_writers(rows: dict[int, Row], operator: Operator) -> None:
    """Add which colleagues are writing an answer, or have begun one."""
    recent = timezone.now() - IS_WRITING
    drafts = Draft.objects.filter(ticket__in=rows, operator__is_active=True)
    others = drafts.exclude(operator=operator).order_by("operator__name")
    for ticket_id, name, at in others.values_list("ticket_id", "operator__name", "updated_at"):
        row = rows[ticket_id]
        (row.writing if at > recent else row.drafting).append(name)
