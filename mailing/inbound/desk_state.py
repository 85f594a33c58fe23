"""What the desk has of a batch's requesters: locked, and read by as many statements as of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from mailing.inbound.copied_people import find_copied_people
from mailing.inbound.matching import Candidate, NamedTickets, references
from mailing.inbound.reading import ReadMail
from mailing.kinds import MailKind
from tickets import locking
from tickets.locking import Sender
from tickets.models import OPEN, Requester, Ticket
from tickets.participants import ParticipantLists, find_operators

# Of others, such as auto-replies, nobody becomes a participant.
_KINDS_WITH_COPIES = (MailKind.PERSON, MailKind.MACHINE)


@dataclass(repr=False)
class DeskState:
    """What the desk has of a batch's requesters, who are locked, as are the tickets.

    Each decision is added, so that it counts for the mails after it.

    requesters: by `Sender.key`.
    tickets: the open ones that the mails may join, and those that reactions are about, by number.
    open_tickets, last_tickets, merged_tickets: by the requester's number; the last are their latest
    ones that were merged into others.
    copied: whom the mails have in To and Cc, by the mail's number.
    processed: the fingerprints of the mails that were processed before.
    """

    requesters: dict[str, Requester]
    tickets: dict[int, Ticket]
    open_tickets: dict[int, Ticket]
    last_tickets: dict[int, Ticket]
    merged_tickets: dict[int, Ticket]
    named_tickets: NamedTickets
    participants: ParticipantLists
    copied: dict[int, list[Sender]]
    processed: set[str]

    def find_named(self, mail: ReadMail, requester: Requester) -> Candidate | None:
        """Return the ticket that a mail's references name, and the open one that it joins so."""
        return self.named_tickets.find(
            mail.parsed, requester, lambda ticket: self._find_joined(mail, requester, ticket)
        )

    def find_reacted(self, mail: ReadMail, requester: Requester) -> Candidate | None:
        """Return the ticket that a mail is about if it is a reaction, None if it is unknown."""
        return self.named_tickets.find_reacted(mail.parsed, requester) if mail.reaction else None

    def find_merged(self, requester: Requester) -> Ticket | None:
        """Return the open ticket into which a requester's latest merged one was merged."""
        merged = self.merged_tickets.get(requester.pk)
        if merged is None or merged.merged_into_id is None:
            return None
        target = self.tickets.get(merged.merged_into_id)
        return target if target and target.status in OPEN else None

    def add(self, mail: ReadMail, ticket: Ticket) -> list[Sender]:
        """Count a mail as placed into a ticket; return whom it adds to it."""
        self.named_tickets.add(mail.parsed.message_id, ticket)
        requester = self.requesters[mail.sender.key]
        if ticket.requester_id != requester.pk:
            return []
        self.open_tickets[requester.pk] = self.last_tickets[requester.pk] = ticket
        return self.participants.add(ticket, self.copied.get(mail.inbound.pk, []))

    def _find_joined(self, mail: ReadMail, requester: Requester, named: Ticket) -> Ticket | None:
        """Return somebody else's open ticket that a mail joins since it names this ticket.

        That is one into which the requester's was merged, or in which they take part.
        """
        number = named.merged_into_id or named.pk
        target = named if number is None else self.tickets.get(number)
        if target is None or target.status not in OPEN or target.requester_id == requester.pk:
            return None
        if named.requester_id == requester.pk:
            return target
        if mail.verdict.authentication.has_failed:
            return None
        return target if self.participants.has(target, mail.sender.key) else None


def look_up(mails: Sequence[ReadMail]) -> DeskState:
    """Lock the requesters and the tickets, and read what the decisions depend on."""
    named = NamedTickets([mail.parsed for mail in mails], mails[0].sent)
    # With those of the named tickets, so that none of these is merged or reopened meanwhile.
    locked = locking.lock_requesters([mail.sender for mail in mails], named.requester_ids)
    named.read_tickets()
    last = locking.find_last_tickets(locked.known)
    copied = _find_copied(mails)
    others = _find_others(mails, locked.by_key, named)
    merged = {pk: row.merged for pk, row in last.items() if row.merged}
    targets = {row.merged_into_id for row in merged.values() if row.merged_into_id is not None}
    reacted = _find_reacted(mails, locked.by_key, named)
    tickets = locking.lock_tickets(locked.known, others | targets | reacted)
    reads_participants = others or copied or _answer_each_other(mails)
    return DeskState(
        requesters=locked.by_key,
        tickets=tickets,
        open_tickets={row.requester_id: row for row in tickets.values() if row.status in OPEN},
        last_tickets={pk: row.last for pk, row in last.items()},
        merged_tickets=merged,
        named_tickets=named,
        participants=ParticipantLists(tickets.values() if reads_participants else ()),
        copied=copied,
        processed=find_processed(mails),
    )


def find_processed(mails: Sequence[ReadMail]) -> set[str]:
    """Return the fingerprints of those mails of which a copy was processed before."""
    fingerprints = {mail.inbound.fingerprint for mail in mails} - {""}
    if not fingerprints:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint FROM mailing_inboundemail"
            " WHERE fingerprint = ANY(%s) AND fingerprint <> '' AND state = 'processed'",
            [list(fingerprints)],
        )
        return {fingerprint for (fingerprint,) in cursor.fetchall()}


def _find_copied(mails: Iterable[ReadMail]) -> dict[int, list[Sender]]:
    """Return whom the mails have in To and Cc besides operators, by the mails' numbers."""
    found = {
        mail.inbound.pk: people
        for mail in mails
        if mail.verdict.kind in _KINDS_WITH_COPIES and not mail.reaction
        # Whoever forges a requester's mail must not get the answers to it.
        if not mail.verdict.authentication.has_failed
        if (people := find_copied_people(mail.parsed, mail.sender.email))
    }
    operators = find_operators({person.email for people in found.values() for person in people})
    return {
        number: [person for person in people if person.email not in operators]
        for number, people in found.items()
    }


def _find_others(
    mails: Iterable[ReadMail], requesters: dict[str, Requester], named: NamedTickets
) -> set[int]:
    """Return the numbers of others' open tickets that the mails may join by naming a ticket."""
    numbers = set()
    for mail in mails:
        requester_id = requesters[mail.sender.key].pk
        for ticket in named.find_all(mail.parsed):
            if ticket.merged_into_id is not None:
                numbers.add(ticket.merged_into_id)
            elif ticket.requester_id != requester_id and ticket.status in OPEN:
                numbers.add(ticket.pk)
    return numbers


def _find_reacted(
    mails: Iterable[ReadMail], requesters: dict[str, Requester], named: NamedTickets
) -> set[int]:
    found = (
        named.find_reacted(mail.parsed, requesters[mail.sender.key])
        for mail in mails
        if mail.reaction
    )
    return {candidate.ticket.pk for candidate in found if candidate}


def _answer_each_other(mails: Iterable[ReadMail]) -> bool:
    """Return whether one of the mails answers another one, of another sender."""
    senders = {mail.parsed.message_id: mail.sender.key for mail in mails if mail.parsed.message_id}
    return any(
        senders.get(name, mail.sender.key) != mail.sender.key
        for mail in mails
        for name in references(mail.parsed)
    )
