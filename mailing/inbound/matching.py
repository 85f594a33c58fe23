"""Find the ticket that a mail goes into or follows, with the evidence."""

from dataclasses import dataclass, field
from typing import Any

from mailing.models import InboundEmail, OutboundEmail
from tickets.models import Requester, Status, Ticket


@dataclass(frozen=True, repr=False)
class Candidate:
    """A ticket that a mail may answer, and the evidence for it."""

    ticket: Ticket
    rule: str
    evidence: str
    is_by_our_mail: bool = False

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
    """Find the ticket for a mail; the requester and their open ticket are locked by the caller.

    references: the Message-IDs of In-Reply-To and References, nearest first. They never put a mail
    into a closed ticket or into somebody else's; at most a new ticket is linked to a closed one.
    """
    candidates = [
        candidate
        for candidate in (_find_by_reference(requester, references), _find_last_ticket(requester))
        if candidate
    ]
    if open_ticket is not None:
        return Match(
            "open_ticket",
            f"request {open_ticket.pk} of the same sender is open",
            open_ticket=open_ticket,
            rejected=[other.as_json() for other in candidates if other.ticket != open_ticket],
        )
    closed = next((other for other in candidates if other.ticket.status == Status.CLOSED), None)
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


def find_reacted_ticket(requester: Requester, references: list[str]) -> Candidate | None:
    """Return the ticket that a reaction is about, None if it is unknown.

    That is one of the requester's own, or the one of a mail of ours: who knows its Message-ID has
    got it, from us or by way of its recipient.
    """
    candidate = _find_by_reference(requester, references)
    if candidate is None:
        return None
    is_theirs = candidate.ticket.requester_id == requester.pk
    return candidate if is_theirs or candidate.is_by_our_mail else None


def _find_by_reference(requester: Requester, references: list[str]) -> Candidate | None:
    """Return the ticket of the nearest reference that is in our outbox or inbox.

    Of several mails with the same Message-ID the requester's own counts, so that nobody can change
    where somebody else's mail goes by sending mail with its Message-ID.
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
    known.update({mail.message_id_header: (mail.ticket, "our mail") for mail in sent})
    for reference in references:
        if reference in known:
            ticket, whose = known[reference]
            evidence = f"answers {whose} {reference}"
            return Candidate(ticket, "reference", evidence, is_by_our_mail=whose == "our mail")
    return None


def _find_last_ticket(requester: Requester) -> Candidate | None:
    """Return the requester's latest ticket."""
    last = Ticket.objects.filter(requester=requester).order_by("-pk").first()
    if last is None:
        return None
    return Candidate(last, "last_ticket", f"request {last.pk} is this sender's last one")
