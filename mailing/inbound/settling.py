"""Decide what becomes of mails that were read, and store it: one transaction for a batch.

It takes as many statements for a hundred mails as for one.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial

from mailing.classification.evidence import FOREIGN_LIST
from mailing.classification.reactions import find_gmail_reaction
from mailing.inbound import matching, outcomes
from mailing.inbound.matching import Candidate, Match, NamedTickets
from mailing.inbound.origin import origin
from mailing.inbound.reading import ReadMail
from mailing.inbound.states import State
from mailing.kinds import MailKind
from mailing.models import InboundEmail, OutboundEmail
from mailing.outbound import suppression
from tickets import requester_mail
from tickets.models import Requester, Ticket
from tickets.requester_mail import Content, NewMessage

IS_COPY = "this Message-ID, sender, Date and body were processed before"


@dataclass(repr=False)
class DeskState:
    """What the desk has of a batch's requesters, who are locked, as are their open tickets.

    Each decision is added, so that it counts for the mails after it.

    requesters: by `Sender.key`.
    open_tickets, last_tickets: by the requester's number.
    reacted_tickets: those that reactions are about, locked, by their own number.
    processed: the fingerprints of the mails that were processed before.
    """

    requesters: dict[str, Requester]
    open_tickets: dict[int, Ticket]
    named_tickets: NamedTickets
    reacted_tickets: dict[int, Ticket]
    last_tickets: dict[int, Ticket]
    processed: set[str]


@dataclass(frozen=True, repr=False)
class Placement:
    """A mail that becomes a message, and its ticket, which is not stored yet if it is new."""

    mail: ReadMail
    ticket: Ticket
    match: Match
    content: Content
    not_acknowledged: str = ""

    @property
    def is_reaction(self) -> bool:
        return self.match.rule == "reaction"


@dataclass(repr=False)
class Decisions:
    """What becomes of a batch: mails that become messages, and others with state and reason."""

    placements: list[Placement] = field(default_factory=list)
    set_aside: list[tuple[ReadMail, InboundEmail.State, str]] = field(default_factory=list)


def settle(mails: Sequence[ReadMail]) -> None:
    """Decide what becomes of mails, in their order, and store it in the caller's transaction."""
    decisions = Decisions()
    placeable = []
    for mail in mails:
        if mail.parsed.problem:
            decisions.set_aside.append((mail, State.QUARANTINED, mail.parsed.problem))
        elif mail.verdict.kind == MailKind.OURS and not mail.inbound.as_import:
            reason = f"our own mail: {mail.verdict.evidence}"
            decisions.set_aside.append((mail, State.IGNORED, reason))
        else:
            placeable.append(mail)
    if placeable:
        desk = _look_up(placeable)
        for mail in placeable:
            _decide(mail, desk, decisions)
    _write(decisions)


def _look_up(mails: Sequence[ReadMail]) -> DeskState:
    """Lock the requesters and their tickets, and read what the decisions depend on."""
    locked = requester_mail.lock_requesters(mail.sender for mail in mails)
    requesters = locked.by_key
    open_tickets = requester_mail.lock_open_tickets(locked.known)
    # Read only now, so that a ticket that was just closed is seen as closed.
    named = NamedTickets([mail.parsed for mail in mails], mails[0].sent)
    reacted = (
        named.find_reacted(mail.parsed, requesters[mail.sender.key])
        for mail in mails
        if mail.reaction
    )
    return DeskState(
        requesters,
        open_tickets,
        named,
        requester_mail.lock_tickets({candidate.ticket.pk for candidate in reacted if candidate}),
        requester_mail.find_last_tickets(locked.known),
        find_processed(mails),
    )


def find_processed(mails: Sequence[ReadMail]) -> set[str]:
    """Return the fingerprints of those mails of which a copy was processed before."""
    fingerprints = {mail.inbound.fingerprint for mail in mails} - {""}
    processed = InboundEmail.objects.filter(fingerprint__in=fingerprints, state=State.PROCESSED)
    return set(processed.values_list("fingerprint", flat=True))


def _decide(mail: ReadMail, desk: DeskState, decisions: Decisions) -> None:
    """Decide about one mail, and add the decision to the desk and to the others."""
    requester = desk.requesters[mail.sender.key]
    open_ticket = desk.open_tickets.get(requester.pk)
    reacted = desk.named_tickets.find_reacted(mail.parsed, requester) if mail.reaction else None
    if reason := _reason_to_ignore(mail, desk, open_ticket, reacted):
        decisions.set_aside.append((mail, State.IGNORED, reason))
        return
    if mail.inbound.fingerprint:
        desk.processed.add(mail.inbound.fingerprint)
    if reacted:
        decisions.placements.append(_place_reaction(mail, desk, reacted, requester))
        return
    last_ticket = desk.last_tickets.get(requester.pk)
    match = matching.match(
        open_ticket=open_ticket,
        named=desk.named_tickets.find(mail.parsed, requester),
        last_ticket=last_ticket,
    )
    ticket = open_ticket or Ticket(
        requester=requester,
        title=mail.content.title,
        description=mail.content.text,
        previous=match.previous,
    )
    not_acknowledged = _reason_not_to_acknowledge(mail, has_written=last_ticket is not None)
    decisions.placements.append(Placement(mail, ticket, match, mail.content, not_acknowledged))
    desk.open_tickets[requester.pk] = desk.last_tickets[requester.pk] = ticket


def _place_reaction(
    mail: ReadMail, desk: DeskState, reacted: Candidate, requester: Requester
) -> Placement:
    """Place a reaction into the ticket that it is about, which may be closed and stays so.

    Of somebody else than the ticket's requester only the reaction is shown.
    """
    is_theirs = reacted.ticket.requester_id == requester.pk
    text = mail.content.text if is_theirs else f"{mail.reaction}\n{requester.email}"
    ticket = desk.reacted_tickets[reacted.ticket.pk]
    match = Match("reaction", reacted.evidence)
    return Placement(mail, ticket, match, replace(mail.content, text=text))


def _reason_to_ignore(
    mail: ReadMail, desk: DeskState, open_ticket: Ticket | None, reacted: Candidate | None
) -> str:
    if mail.inbound.fingerprint in desk.processed:
        return IS_COPY
    if open_ticket is None and _is_ignored_auto_reply(mail):
        return f"an auto-reply without an open request: {mail.verdict.evidence}"
    # Gmail's is one by the mail's structure, not only by its words.
    if mail.reaction and reacted is None and find_gmail_reaction(mail.parsed):
        return f"a reaction to an unknown mail: {mail.reaction}"
    return ""


def _is_ignored_auto_reply(mail: ReadMail) -> bool:
    """Return whether a mail is an auto-reply that needs no ticket.

    Its header says so, or its subject does and it answers our notice that a ticket was closed.
    """
    if mail.verdict.kind != MailKind.AUTO_REPLY or mail.verdict.is_proven:
        return mail.verdict.kind == MailKind.AUTO_REPLY
    answered = mail.sent.find_answered(mail.parsed)
    return answered is not None and answered.kind == OutboundEmail.Kind.CLOSED


def _reason_not_to_acknowledge(mail: ReadMail, *, has_written: bool) -> str:
    """Return why a new ticket of this mail must not be acknowledged, although a person wrote it.

    A desk that answers each notice from a new address would get notices for ever.
    """
    if mail.inbound.as_person:
        return ""
    if mail.reaction:
        return "it is a reaction"
    if mail.verdict.rule == FOREIGN_LIST:
        return "it came by a mailing list whose address is not in OWN_ADDRESSES"
    if has_written or not mail.sent.has_automatic(mail.parsed):
        return ""
    return "its sender never wrote before, and it answers an automatic mail of ours"


def _write(decisions: Decisions) -> None:
    """Store tickets, messages and notices, and how the processing of each mail ended."""
    placements = decisions.placements
    suppression.unmute(
        placement.mail.sender.email
        for placement in placements
        if placement.mail.verdict.kind == MailKind.PERSON and not placement.is_reaction
    )
    messages = requester_mail.add_messages(
        [
            NewMessage(
                ticket=placement.ticket,
                content=placement.content,
                origin=partial(
                    origin,
                    placement.mail,
                    placement.match,
                    not_acknowledged=placement.not_acknowledged,
                ),
                is_reaction=placement.is_reaction,
                is_quiet=placement.mail.verdict.kind == MailKind.AUTO_REPLY,
            )
            for placement in placements
        ]
    )
    # Copies, because a batch that fails is settled again, in halves.
    ends = [(copy(mail.inbound), state, reason) for mail, state, reason in decisions.set_aside]
    for placement, message in zip(placements, messages, strict=True):
        inbound = copy(placement.mail.inbound)
        inbound.message, inbound.ticket = message, message.ticket
        ends.append((inbound, State.PROCESSED, ""))
    outcomes.record_ends(ends)
