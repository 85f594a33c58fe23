"""Tell operators by mail what happened in a ticket: the first event at once, more a minute later.

The tickets are locked, so that no other transaction tells of the same ticket at the same time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound import composing
from mailing.outbound.composing import Letter
from mailing.outbound.outgoing import Outgoing, enqueue, read_conversations
from mailing.outbound.states import State
from mailing.parsing import headers
from operators.mailboxes import readable_address, same_mailbox
from operators.models import Notice, Operator
from tickets import properties
from tickets.bulk_rows import update_rows
from tickets.models import Event, HistoryEntry

Kind = OutboundEmail.Kind

# Of one ticket an operator gets one mail at once, and what follows so soon in another one.
GROUPED_FOR = timedelta(seconds=60)
# A flood of mail to a ticket does not make the mail about it ever longer.
_MOST_EVENTS = 50


@dataclass(frozen=True, repr=False)
class Telling:
    """An event that an operator is to be told of."""

    operator: Operator
    entry: HistoryEntry
    notice: Notice

    @property
    def pair(self) -> tuple[int, int]:
        """Return whose mails and about what: those of one pair are grouped."""
        return self.entry.ticket_id, self.operator.pk

    def is_wanted(self) -> bool:
        """Return whether the operator wants to know, and neither did it nor is the requester.

        Whether an answer arrives concerns its author, too. An operator's mailbox that answers by
        itself would otherwise tell itself of each answer.
        """
        is_own_act = self.notice != Notice.DELIVERY and self.entry.operator_id == self.operator.pk
        address, ticket = self.operator.email, self.entry.ticket
        return (
            self.operator.wants(self.notice)
            and not is_own_act
            and not same_mailbox(address, ticket.requester.email)
            and not same_mailbox(address, self.entry.actor_email)
        )

    def as_json(self) -> dict[str, object]:
        """Return the event as a mail's row has it."""
        what = "held" if self.entry.event == Event.REPLY_HELD else self.notice.value
        return {"entry": self.entry.pk, "what": what, "who": _who(self.entry)}


@dataclass(repr=False)
class _Update:
    """A mail to an operator, of which more events may follow: one of the outbox, or a new one."""

    first: Telling
    events: list[dict[str, object]]
    created_at: datetime
    row: OutboundEmail | None = None
    due_at: datetime | None = None
    may_grow: bool = False

    def letter(self) -> Letter:
        return composing.render_notice(
            Kind.OPERATOR_UPDATE,
            self.first.entry.ticket,
            language=self.first.operator.language,
            events=self.events,
        )


def tell_holders(notice: Notice, entries: list[HistoryEntry]) -> None:
    """Tell the holders of the entries' tickets, as far as somebody holds them."""
    holders = Operator.objects.in_bulk({entry.ticket.operator_id for entry in entries} - {None})
    tell(
        Telling(holders[entry.ticket.operator_id], entry, notice)
        for entry in entries
        if entry.ticket.operator_id is not None
    )


def tell(tellings: Iterable[Telling]) -> None:
    """Queue mails that tell operators of events, in as many statements for a hundred as for one."""
    wanted = [telling for telling in tellings if telling.is_wanted()]
    if not wanted:
        return
    now = timezone.now()
    latest = _read_recent(wanted, now)
    changed: dict[int, _Update] = {}
    for telling in wanted:
        update = latest.get(telling.pair)
        if update is None:
            update = latest[telling.pair] = _Update(telling, [], now, due_at=now)
        elif not update.may_grow:
            due_at = max(now, update.created_at + GROUPED_FOR)
            update = _Update(telling, [], now, due_at=due_at, may_grow=True)
            latest[telling.pair] = update
        if len(update.events) < _MOST_EVENTS:
            update.events.append(telling.as_json())
            changed[id(update)] = update
    _store(list(changed.values()))


def call_for_attention(outbound: OutboundEmail) -> None:
    """Mark the locked ticket of a mail, unless the mail only tells an operator of it."""
    if outbound.ticket_id is not None and outbound.kind != Kind.OPERATOR_UPDATE:
        properties.set_needs_attention(ticket_id=outbound.ticket_id)


def report_failure(outbound: OutboundEmail) -> None:
    """Call for attention to a mail that did not arrive; of an answer, tell the ticket's holder."""
    call_for_attention(outbound)
    if outbound.kind == Kind.REPLY:
        entries = HistoryEntry.objects.filter(outbound_emails=outbound)
        related = ("ticket__requester", "operator", "message")
        tell_holders(Notice.DELIVERY, list(entries.select_related(*related)))


def tell_old_address(operator: Operator, old: str) -> None:
    """Tell the address that an operator had that it is theirs no more, and not which one is."""
    kind = Kind.ADDRESS_CHANGED
    letter = composing.render_notice(kind, None, language=operator.language, operator=operator)
    enqueue([Outgoing(kind, None, old.lower(), letter)])


def _read_recent(tellings: list[Telling], now: datetime) -> dict[tuple[int, int], _Update]:
    """Return the latest mail of each pair that is not older than a minute or still waits."""
    first = {telling.pair: telling for telling in reversed(tellings)}
    rows = OutboundEmail.objects.filter(
        Q(created_at__gt=now - GROUPED_FOR) | Q(state=State.QUEUED, next_attempt_at__gt=now),
        kind=Kind.OPERATOR_UPDATE,
        operator__in={telling.operator.pk for telling in tellings},
        ticket__in={telling.entry.ticket_id for telling in tellings},
    )
    ordered = rows.defer("content").order_by("pk")
    latest = {(row.ticket_id, row.operator_id): row for row in ordered}
    recent = {pair: row for pair in first if (row := latest.get(pair))}
    waiting = _lock_waiting(recent.values(), now)
    return {
        pair: _Update(
            first[pair],
            row.events,
            row.created_at,
            row,
            may_grow=row.pk in waiting and row.recipient == first[pair].operator.email.lower(),
        )
        for pair, row in recent.items()
    }


def _lock_waiting(rows: Iterable[OutboundEmail], now: datetime) -> set[int]:
    """Lock those of the mails that wait for their minute to end, and return their ids.

    A mail whose row is locked is just being claimed. To wait for that could be a deadlock, since a
    mail worker stores two mails at once, of which the caller may have locked one.
    """
    ids = [row.pk for row in rows if row.next_attempt_at and row.next_attempt_at > now]
    if not ids:
        return set()
    waiting = OutboundEmail.objects.filter(
        pk__in=ids, state=State.QUEUED, attempts=0, lease_expires_at=None, next_attempt_at__gt=now
    )
    locked = waiting.select_for_update(skip_locked=True).order_by("pk")
    return set(locked.values_list("pk", flat=True))


def _store(updates: list[_Update]) -> None:
    if new := [_outgoing(update) for update in updates if update.row is None]:
        enqueue(new)
    grown = [(update, update.row) for update in updates if update.row]
    conversations = read_conversations([update.first.entry for update, _row in grown])
    for update, row in grown:
        composed = composing.compose(
            update.letter(),
            recipient=row.recipient,
            references=conversations[update.first.entry.ticket_id],
            message_id=row.message_id_header,
        )
        row.content = composed.content
    update_rows([row for _update, row in grown], ["events", "content"])


def _outgoing(update: _Update) -> Outgoing:
    operator = update.first.operator
    return Outgoing(
        Kind.OPERATOR_UPDATE,
        update.first.entry,
        operator.email.lower(),
        update.letter(),
        operator=operator,
        events=update.events,
        due_at=update.due_at,
    )


def _who(entry: HistoryEntry) -> str:
    """Return who caused an event, as a mail names them."""
    if entry.operator:
        name, address = entry.operator.name, ""
    elif entry.is_system:  # it holds somebody's answer
        name, address = entry.message.sender_name if entry.message else "", ""
    else:
        name = entry.message.sender_name if entry.message else ""
        address = readable_address(entry.actor_email or entry.ticket.requester.email)
    named = f"{name} <{address}>" if name and address else name or address
    return headers.to_single_line(named, headers.VALUE_CHARACTERS)
