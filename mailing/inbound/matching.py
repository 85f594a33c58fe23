"""Find the ticket that a mail goes into or follows, with the evidence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mailing.models import InboundEmail
from mailing.own_mail import SentMails
from mailing.parsing.message import ParsedEmail
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
    rejected: list[Candidate] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the match as a message's origin has it; new tickets must have their numbers."""
        return {
            "rule": self.rule,
            "evidence": f"request {self.open_ticket.pk} of the same sender is open"
            if self.open_ticket
            else self.evidence,
            "rejected": [candidate.as_json() for candidate in self.rejected],
        }


class NamedTickets:
    """The tickets that the references of some mails lead to, by our mails and by received ones."""

    def __init__(self, mails: Iterable[ParsedEmail], sent: SentMails) -> None:
        names = {name for mail in mails for name in references(mail)}
        answered = {name: sent.by_message_id[name] for name in names if sent.has(name)}
        # A mail of ours that is about no ticket leads to none.
        self._sent = {name: mail.ticket_id for name, mail in answered.items() if mail.ticket_id}
        rows = InboundEmail.objects.filter(message_id_header__in=names, ticket__isnull=False)
        received = rows.order_by("pk").values_list("message_id_header", "ticket_id")
        self._received: dict[str, list[int]] = {}
        for name, ticket_id in received if names else ():
            self._received.setdefault(name, []).append(ticket_id)
        ids = {*self._sent.values(), *(pk for pks in self._received.values() for pk in pks)}
        tickets = Ticket.objects.defer("title", "description")
        self._tickets = tickets.in_bulk(ids) if ids else {}

    def find(self, mail: ParsedEmail, requester: Requester) -> Candidate | None:
        """Return the ticket of the nearest reference that is in our outbox or inbox.

        Of several mails with the same Message-ID the requester's own counts, so that nobody can
        change where somebody else's mail goes by sending mail with its Message-ID.
        """
        for name in references(mail):
            if name in self._sent:
                ticket = self._tickets[self._sent[name]]
                evidence = f"answers our mail {name}"
                return Candidate(ticket, "reference", evidence, is_by_our_mail=True)
            if name in self._received:
                found = [self._tickets[pk] for pk in self._received[name]]
                theirs = [ticket for ticket in found if ticket.requester_id == requester.pk]
                ticket = [*found[:1], *theirs][-1]
                return Candidate(ticket, "reference", f"answers their mail {name}")
        return None

    def find_reacted(self, mail: ParsedEmail, requester: Requester) -> Candidate | None:
        """Return the ticket that a reaction is about, None if it is unknown.

        That is one of the requester's own, or the one of a mail of ours: who knows its Message-ID
        has got it, from us or by way of its recipient.
        """
        candidate = self.find(mail, requester)
        if candidate is None:
            return None
        is_theirs = candidate.ticket.requester_id == requester.pk
        return candidate if is_theirs or candidate.is_by_our_mail else None


def references(mail: ParsedEmail) -> list[str]:
    """Return the Message-IDs of In-Reply-To and References, nearest first."""
    return [*mail.in_reply_to, *reversed(mail.references)]


def match(
    *, open_ticket: Ticket | None, named: Candidate | None, last_ticket: Ticket | None
) -> Match:
    """Find the ticket for a mail of a requester who is locked, as is their open ticket.

    named: the ticket that its references name. They never put a mail into a closed ticket or into
    somebody else's; at most a new ticket is linked to a closed one. last_ticket: the requester's.
    """
    candidates = [named] if named else []
    if last_ticket is not None:
        evidence = f"request {last_ticket.pk} is this sender's last one"
        candidates.append(Candidate(last_ticket, "last_ticket", evidence))
    if open_ticket is not None:
        others = [other for other in candidates if other.ticket != open_ticket]
        return Match("open_ticket", "", open_ticket=open_ticket, rejected=others)
    closed = next((other for other in candidates if other.ticket.status == Status.CLOSED), None)
    if closed is None:
        evidence = "nothing shows a closed request that it answers"
        return Match("new_ticket", evidence, rejected=candidates)
    others = [other for other in candidates if other is not closed]
    return Match(closed.rule, closed.evidence, previous=closed.ticket, rejected=others)
