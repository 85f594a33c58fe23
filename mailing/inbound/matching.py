"""Find the ticket that a mail belongs to, with the evidence."""

from dataclasses import dataclass, field
from typing import Any

from mailing.models import InboundEmail, OutboundEmail
from tickets.models import Requester, Status, Ticket


@dataclass(frozen=True, repr=False)
class Answered:
    """A ticket that a mail may answer, and the evidence for it."""

    ticket: Ticket
    rule: str
    evidence: str

    def as_json(self) -> dict[str, Any]:
        return {"request": self.ticket.pk, "rule": self.rule, "evidence": self.evidence}


@dataclass(frozen=True, repr=False)
class Match:
    """Where a mail goes: into `open_ticket`, or into a new ticket that follows `previous`."""

    rule: str
    evidence: str
    open_ticket: Ticket | None = None
    previous: Ticket | None = None
    rejected: list[dict[str, Any]] = field(default_factory=list)


def match(*, requester: Requester, open_ticket: Ticket | None, references: list[str]) -> Match:
    """Find the ticket for a mail of a locked requester with their open ticket, locked too.

    references: the Message-IDs of In-Reply-To and References, nearest first. They never put a mail
    into a closed ticket or into somebody else's; at most the new ticket is linked to that one.
    """
    candidates = [
        answered
        for answered in (by_reference(requester, references), by_last_ticket(requester))
        if answered
    ]
    if open_ticket is not None:
        return Match(
            "open_ticket",
            f"request {open_ticket.pk} of the same sender is open",
            open_ticket=open_ticket,
            rejected=[other.as_json() for other in candidates if other.ticket != open_ticket],
        )
    closed = next((each for each in candidates if each.ticket.status == Status.CLOSED), None)
    if closed is None:
        return Match(
            "new_ticket",
            "nothing shows a closed request that it answers",
            rejected=[other.as_json() for other in candidates],
        )
    return Match(
        closed.rule,
        closed.evidence,
        previous=closed.ticket,
        rejected=[other.as_json() for other in candidates if other is not closed],
    )


def by_reference(requester: Requester, references: list[str]) -> Answered | None:
    """Return the ticket of the nearest reference that is in our outbox or inbox.

    Of several mails with the same Message-ID the sender's own counts: nobody may link somebody
    else's mail to a ticket by sending mail with their Message-ID.
    """
    if not references:
        return None
    known: dict[str, tuple[Ticket, str]] = {}
    received = InboundEmail.objects.filter(
        message_id_header__in=references, ticket__isnull=False
    ).select_related("ticket")
    for mail in received.order_by("pk"):
        ticket, message_id = mail.ticket, mail.message_id_header
        if ticket and (message_id not in known or ticket.requester_id == requester.pk):
            known[message_id] = (ticket, "their mail")
    sent = OutboundEmail.objects.filter(message_id_header__in=references).select_related("ticket")
    known.update({row.message_id_header: (row.ticket, "our mail") for row in sent})
    for reference in references:
        if reference in known:
            ticket, whose = known[reference]
            return Answered(ticket, "reference", f"answers {whose} {reference}")
    return None


def by_last_ticket(requester: Requester) -> Answered | None:
    """Return the sender's latest ticket."""
    last = Ticket.objects.filter(requester=requester).order_by("-pk").first()
    if last is None:
        return None
    return Answered(last, "last_ticket", f"request {last.pk} is this sender's last one")
