"""Find the ticket that a mail goes into or follows, with the evidence."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mailing.models import InboundEmail
from mailing.own_mail import SentMails
from mailing.parsing.message import ParsedEmail
from tickets.models import Requester, Status, Ticket


@dataclass(frozen=True, repr=False)
class Candidate:
    """A ticket that a mail may answer, and the evidence for it.

    joined: somebody else's open ticket into which the mail goes because of it.
    """

    ticket: Ticket
    rule: str
    evidence: str
    is_by_our_mail: bool = False
    joined: Ticket | None = None

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
        evidence = self.evidence
        if self.rule == "open_ticket" and self.open_ticket:
            evidence = f"request {self.open_ticket.pk} of the same sender is open"
        return {
            "rule": self.rule,
            "evidence": evidence,
            "rejected": [candidate.as_json() for candidate in self.rejected],
        }


class NamedTickets:
    """The tickets that the references of some mails lead to, by our mails and by received ones.

    requester_ids: whose tickets they are.
    """

    def __init__(self, mails: Iterable[ParsedEmail], sent: SentMails) -> None:
        names = {name for mail in mails for name in references(mail)}
        # A mail that tells an operator of their new address is about no ticket.
        named = {name: sent.by_message_id[name] for name in names if sent.has(name)}
        self._sent = {name: mail.ticket_id for name, mail in named.items() if mail.ticket_id}
        self.requester_ids = {mail.requester_id for mail in named.values() if mail.requester_id}
        rows = InboundEmail.objects.filter(message_id_header__in=names, ticket__isnull=False)
        received = rows.order_by("pk").values_list(
            "message_id_header", "ticket_id", "ticket__requester_id"
        )
        self._received: dict[str, list[int]] = {}
        for name, ticket_id, requester_id in received if names else ():
            self._received.setdefault(name, []).append(ticket_id)
            self.requester_ids.add(requester_id)
        self._tickets: dict[int, Ticket] = {}
        self._added: dict[str, list[Ticket]] = {}

    def read_tickets(self) -> None:
        """Read the tickets, once their requesters are locked."""
        ids = {*self._sent.values(), *(pk for pks in self._received.values() for pk in pks)}
        tickets = Ticket.objects.defer("title", "description")
        self._tickets = tickets.in_bulk(ids) if ids else {}

    def add(self, message_id: str, ticket: Ticket) -> None:
        """Add a received mail that has just been placed into a ticket."""
        if message_id:
            self._added.setdefault(message_id, []).append(ticket)

    def find_all(self, mail: ParsedEmail) -> Iterator[Ticket]:
        """Yield all tickets that a mail names."""
        for name in references(mail):
            if name in self._sent:
                yield self._tickets[self._sent[name]]
            yield from self._find_received(name)

    def find(
        self,
        mail: ParsedEmail,
        requester: Requester,
        find_joined: Callable[[Ticket], Ticket | None] = lambda _ticket: None,
    ) -> Candidate | None:
        """Return the ticket of the nearest reference that is in our outbox or inbox.

        Of several mails with the same Message-ID the requester's own counts, or the one by which
        the mail joins a ticket, so that nobody can change where somebody else's mail goes by
        sending mail with its Message-ID.

        find_joined: returns somebody else's open ticket that the mail joins by naming a ticket.
        """
        for name in references(mail):
            if name in self._sent:
                ticket = self._tickets[self._sent[name]]
                evidence = f"answers our mail {name}"
                joined = find_joined(ticket)
                return Candidate(ticket, "reference", evidence, is_by_our_mail=True, joined=joined)
            if found := self._find_received(name):
                theirs = [ticket for ticket in found if ticket.requester_id == requester.pk]
                joining = [ticket for ticket in found if find_joined(ticket)]
                ticket = [*found[:1], *joining, *theirs][-1]
                evidence = f"answers their mail {name}"
                return Candidate(ticket, "reference", evidence, joined=find_joined(ticket))
        return None

    def _find_received(self, name: str) -> list[Ticket]:
        stored = [self._tickets[pk] for pk in self._received.get(name, ())]
        return [*stored, *self._added.get(name, ())]

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
    *,
    open_ticket: Ticket | None,
    named: Candidate | None,
    merged: Ticket | None,
    last_ticket: Ticket | None,
) -> Match:
    """Find the ticket for a mail of a requester who is locked, as are the open tickets.

    named: the ticket that its references name. Only a participant's mail, or that of a requester
    whose ticket was merged, goes by it into somebody else's; no mail goes into a closed one, to
    which at most a new ticket is linked.
    merged: the open ticket into which the requester's was merged. last_ticket: the requester's.
    """
    candidates = [named] if named else []
    if last_ticket is not None:
        evidence = f"request {last_ticket.pk} is this sender's last one"
        candidates.append(Candidate(last_ticket, "last_ticket", evidence))
    if named and named.joined:
        is_theirs = last_ticket and named.ticket.requester_id == last_ticket.requester_id
        rule = "reference" if is_theirs else "participant"
        return _into(named.joined, rule, named.evidence, candidates)
    if open_ticket is not None:
        return _into(open_ticket, "open_ticket", "", candidates)
    if merged is not None:
        evidence = f"this sender's request was merged into request {merged.pk}"
        return _into(merged, "merged", evidence, candidates)
    closed = next((other for other in candidates if _is_closed(other.ticket, last_ticket)), None)
    if closed is None:
        evidence = "nothing shows a closed request that it answers"
        return Match("new_ticket", evidence, rejected=candidates)
    others = [other for other in candidates if other is not closed]
    return Match(closed.rule, closed.evidence, previous=closed.ticket, rejected=others)


def _into(ticket: Ticket, rule: str, evidence: str, candidates: list[Candidate]) -> Match:
    """Return the match with an open ticket; candidates that lead there are not rejected."""
    others = [
        other
        for other in candidates
        if other.ticket != ticket
        and (other.ticket.merged_into_id is None or other.ticket.merged_into_id != ticket.pk)
    ]
    return Match(rule, evidence, open_ticket=ticket, rejected=others)


def _is_closed(ticket: Ticket, last_ticket: Ticket | None) -> bool:
    """Return whether a ticket is closed, as all of a requester are who has no open one.

    A ticket was read before the open ones were locked, and may have been closed between.
    """
    is_theirs = last_ticket is not None and ticket.requester_id == last_ticket.requester_id
    return is_theirs or ticket.status == Status.CLOSED
