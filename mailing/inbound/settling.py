"""Decide what becomes of mails that were read, and store it: one transaction for a batch.

It takes as many statements for a hundred mails as for one.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial

from mailing.classification.evidence import FOREIGN_LIST
from mailing.classification.reactions import find_gmail_reaction
from mailing.inbound import crossing, matching, outcomes
from mailing.inbound.blocks import BLOCKED, find_blocked
from mailing.inbound.desk_state import DeskState, look_up
from mailing.inbound.matching import Candidate, Match
from mailing.inbound.origin import origin
from mailing.inbound.reading import ReadMail
from mailing.inbound.states import State
from mailing.kinds import MailKind
from mailing.models import InboundEmail, OutboundEmail
from mailing.outbound import suppression
from tickets import requester_mail
from tickets.locking import Sender
from tickets.models import Requester, Ticket
from tickets.requester_mail import Content, NewMessage

# Nobody has to answer them; our own mail becomes a message when it is imported.
_QUIET = (MailKind.AUTO_REPLY, MailKind.OURS)


@dataclass(frozen=True, repr=False)
class Placement:
    """A mail that becomes a message, and its ticket, which is not stored yet if it is new.

    writer_has_tickets: so that there may be answers to them, which the mail crosses.
    """

    mail: ReadMail
    ticket: Ticket
    match: Match
    content: Content
    writer: Requester
    writer_has_tickets: bool
    participants: list[Sender] = field(default_factory=list)
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
    blocked = find_blocked(mails)
    placeable = []
    for mail in mails:
        if end := _set_aside(mail, blocked):
            decisions.set_aside.append((mail, *end))
        else:
            placeable.append(mail)
    if placeable:
        desk = look_up(placeable)
        for mail in placeable:
            _decide(mail, desk, decisions)
    _write(decisions)


def _set_aside(mail: ReadMail, blocked: dict[str, str]) -> tuple[InboundEmail.State, str] | None:
    """Return how a mail ends that never becomes a message, and why; None for any other mail."""
    inbound = mail.inbound
    if mail.sender.key in blocked and not (inbound.as_person or inbound.as_import):
        return State.IGNORED, f"{BLOCKED}{blocked[mail.sender.key]}"
    if mail.parsed.problem:
        return State.QUARANTINED, mail.parsed.problem
    if mail.verdict.kind == MailKind.OURS and not inbound.as_import:
        return State.IGNORED, f"our own mail: {mail.verdict.evidence}"
    return None


def _decide(mail: ReadMail, desk: DeskState, decisions: Decisions) -> None:
    """Decide about one mail, and add the decision to the desk and to the others."""
    requester = desk.requesters[mail.sender.key]
    reacted = desk.find_reacted(mail, requester)
    last_ticket = desk.last_tickets.get(requester.pk)
    match = matching.match(
        open_ticket=desk.open_tickets.get(requester.pk),
        named=desk.find_named(mail, requester),
        merged=desk.find_merged(requester),
        last_ticket=last_ticket,
    )
    if reason := _reason_to_ignore(mail, desk, match, reacted):
        decisions.set_aside.append((mail, State.IGNORED, reason))
        return
    if mail.inbound.fingerprint:
        desk.processed.add(mail.inbound.fingerprint)
    if reacted:
        decisions.placements.append(_place_reaction(mail, desk, reacted, requester))
        return
    ticket = match.open_ticket or Ticket(
        requester=requester,
        title=mail.content.title,
        description=mail.content.text,
        previous=match.previous,
    )
    placement = Placement(
        mail,
        ticket,
        match,
        mail.content,
        writer=requester,
        writer_has_tickets=last_ticket is not None,
        participants=desk.add(mail, ticket),
        not_acknowledged=_reason_not_to_acknowledge(mail, has_written=last_ticket is not None),
    )
    decisions.placements.append(placement)


def _place_reaction(
    mail: ReadMail, desk: DeskState, reacted: Candidate, requester: Requester
) -> Placement:
    """Place a reaction into the ticket that it is about, which may be closed and stays so.

    Of somebody else than the ticket's requester only the reaction is shown.
    """
    is_theirs = reacted.ticket.requester_id == requester.pk
    text = mail.content.text if is_theirs else f"{mail.reaction}\n{requester.email}"
    ticket = desk.tickets[reacted.ticket.pk]
    match = Match("reaction", reacted.evidence)
    return Placement(
        mail,
        ticket,
        match,
        replace(mail.content, text=text),
        writer=requester,
        writer_has_tickets=requester.pk in desk.last_tickets,
    )


def _reason_to_ignore(
    mail: ReadMail, desk: DeskState, match: Match, reacted: Candidate | None
) -> str:
    if mail.inbound.fingerprint in desk.processed:
        return outcomes.IS_COPY
    if match.open_ticket is None and _is_ignored_auto_reply(mail):
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
                writer=placement.writer,
                origin=partial(
                    origin,
                    placement.mail,
                    placement.match,
                    not_acknowledged=placement.not_acknowledged,
                ),
                is_reaction=placement.is_reaction,
                is_quiet=placement.mail.verdict.kind in _QUIET,
                participants=placement.participants,
            )
            for placement in placements
        ]
    )
    crossing.hold_crossed_answers(
        (placement.mail.inbound.pk, placement.writer.pk, message)
        for placement, message in zip(placements, messages, strict=True)
        if placement.mail.verdict.kind == MailKind.PERSON and placement.writer_has_tickets
    )
    # Copies, because a batch that fails is settled again, in halves.
    ends = [(copy(mail.inbound), state, reason) for mail, state, reason in decisions.set_aside]
    for placement, message in zip(placements, messages, strict=True):
        inbound = copy(placement.mail.inbound)
        inbound.message, inbound.ticket = message, message.ticket
        ends.append((inbound, State.PROCESSED, ""))
    outcomes.record_ends(ends)
