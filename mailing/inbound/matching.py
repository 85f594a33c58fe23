"""Which ticket a mail belongs to, with the evidence."""

from dataclasses import dataclass, field
from typing import Any

from mailing.models import InboundEmail, OutboundEmail
from tickets.models import Requester, Status, Ticket


@dataclass(frozen=True, repr=False)
class Answered:
    """The ticket that a mail answers, and how that is known."""

    ticket: Ticket
    rule: str
    evidence: str

    def as_json(self) -> dict[str, Any]:
        return {"request": self.ticket.pk, "rule": self.rule, "evidence": self.evidence}


@dataclass(frozen=True, repr=False)
class Match:
    """Where a mail goes: into `open_ticket`, or into a new ticket that goes on from `previous`."""

    rule: str
    evidence: str
    open_ticket: Ticket | None = None
    previous: Ticket | None = None
    rejected: list[dict[str, Any]] = field(default_factory=list)


def match(*, requester: Requester, open_ticket: Ticket | None, references: list[str]) -> Match:
    """Decide for a locked requester and their locked open ticket.

    references are the Message-IDs of In-Reply-To and References, nearest first. They never lead
    into a closed ticket or into somebody else's: there they make a link at most.
    """
    candidates = [
        one for one in (by_reference(requester, references), by_last_ticket(requester)) if one
    ]
    if open_ticket is not None:
        return Match(
            "open_ticket",
            f"request {open_ticket.pk} of the same sender is open",
            open_ticket=open_ticket,
            rejected=[one.as_json() for one in candidates if one.ticket != open_ticket],
        )
    closed = [one for one in candidates if one.ticket.status == Status.CLOSED]
    if not closed:
        return Match(
            "new_ticket",
            "nothing shows a closed request that it answers",
            rejected=[one.as_json() for one in candidates],
        )
    answered = closed[0]
    return Match(
        answered.rule,
        answered.evidence,
        previous=answered.ticket,
        rejected=[one.as_json() for one in candidates if one is not answered],
    )


def by_reference(requester: Requester, references: list[str]) -> Answered | None:
    """Return the ticket of the nearest reference that stands in our outbox or inbox.

    Of several mails under one Message-ID the sender's own counts: nobody may draw the links of
    another by repeating theirs.
    """
    if not references:
        return None
    found: dict[str, tuple[Ticket, str]] = {}
    received = InboundEmail.objects.filter(
        message_id_header__in=references, ticket__isnull=False
    ).select_related("ticket")
    for mail in received.order_by("pk"):
        ticket, known = mail.ticket, mail.message_id_header
        if ticket and (known not in found or ticket.requester_id == requester.pk):
            found[known] = (ticket, "their mail")
    sent = OutboundEmail.objects.filter(message_id_header__in=references).select_related("ticket")
    found.update({row.message_id_header: (row.ticket, "our mail") for row in sent})
    for reference in references:
        if reference in found:
            answered, whose = found[reference]
            return Answered(answered, "reference", f"answers {whose} {reference}")
    return None


def by_last_ticket(requester: Requester) -> Answered | None:
    """Return the sender's latest ticket."""
    last = Ticket.objects.filter(requester=requester).order_by("-pk").first()
    if last is None:
        return None
    return Answered(last, "last_ticket", f"request {last.pk} is this sender's last one")
