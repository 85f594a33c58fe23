"""Change a locked ticket: its version, its history, and whose turn it is.

Against deadlocks rows are locked in one order: the requesters, their tickets, each by their
numbers, then outgoing mails and files. Their keys stay free (`no_key`): PostgreSQL locks these for
foreign keys, at the commit of whoever has changed a ticket twice, and in no order of ours.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from operators.models import Operator
from tickets.bulk_rows import insert_rows
from tickets.exceptions import StaleVersion
from tickets.models import Event, HistoryEntry, Message, Requester, Status, Ticket, WaitingOn


def lock_ticket(*, ticket_id: int, version: int | None = None) -> Ticket:
    """Return the ticket, locked until the transaction ends.

    version: which the ticket must have; None for any. Raises `Http404` and `StaleVersion`.
    """
    try:
        ticket = _lockable_tickets().get(pk=ticket_id)
    except Ticket.DoesNotExist as error:
        raise Http404 from error
    check_version(ticket, version)
    return ticket


def check_version(ticket: Ticket, version: int | None) -> None:
    """Raise `StaleVersion` if a locked ticket has another version; None stands for any."""
    if version not in (None, ticket.version):
        raise StaleVersion(ticket.version)


def lock_requesters_and_tickets(*, ticket_ids: Collection[int]) -> dict[int, Ticket]:
    """Return those of the tickets that exist, by their numbers, locked with their requesters.

    For changes that open a ticket again: its requester may be opening another one.
    """
    # A ticket's requester never changes.
    of_tickets = Ticket.objects.filter(pk__in=ticket_ids).values("requester")
    list(Requester.objects.select_for_update(no_key=True).filter(pk__in=of_tickets).order_by("pk"))
    tickets = _lockable_tickets().filter(pk__in=ticket_ids).order_by("pk")
    return {ticket.pk: ticket for ticket in tickets}


def _lockable_tickets() -> QuerySet[Ticket]:
    # Not with its holder: after waiting for the lock, PostgreSQL reads the ticket anew, but joins
    # the rows that it had found before, so a ticket just handed over would come with no holder.
    rows = Ticket.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("requester")


class Change:
    """What one request changes in a locked ticket, with an entry in the history for each step.

    by: the operator who changes it.
    at: when, of the ticket's update and of the entries.
    """

    def __init__(self, ticket: Ticket, *, by: Operator) -> None:
        self.ticket, self.at, self._by = ticket, timezone.now(), by
        self._status = Status(ticket.status)
        self._entries: list[HistoryEntry] = []

    def record(
        self,
        event: Event,
        *,
        before: Any = None,
        after: Any = None,
        message: Message | None = None,
    ) -> None:
        """Add a step, which `save` stores; the ticket has its new status already.

        before, after: the changed value as JSON, and never the text of a note.
        """
        has_details = before is not None or after is not None
        entry = HistoryEntry(
            ticket=self.ticket,
            event=event,
            operator=self._by,
            status_before=self._status,
            status_after=self.ticket.status,
            details={"before": before, "after": after} if has_details else None,
            message=message,
            created_at=self.at,
        )
        self._entries.append(entry)
        self._status = Status(self.ticket.status)

    def save(self, *fields: str) -> list[HistoryEntry]:
        """Store the named fields, the turn and the steps as the ticket's next version.

        Return the steps, in their order. Without any, nothing is stored.
        """
        if not self._entries:
            return []
        ticket = self.ticket
        ticket.version += 1
        ticket.updated_at = self.at
        if ticket.status == Status.CLOSED:
            end_turn(ticket)
        elif ticket.waiting_on is None:
            turn_to_operator(ticket, self.at)
        turn = ("waiting_on", "waiting_since")
        ticket.save(update_fields=[*fields, *turn, "version", "updated_at"])
        for entry in self._entries:
            entry.version = ticket.version
        insert_rows(self._entries)
        return self._entries


def api_timestamp(at: datetime | None) -> str | None:
    """Return a time in REST framework's format, for an entry's details."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def turn_to_operator(ticket: Ticket, at: datetime) -> None:
    """Let the ticket wait for an operator, since the first message that nobody has answered."""
    if ticket.waiting_on != WaitingOn.OPERATOR:
        ticket.waiting_on, ticket.waiting_since = WaitingOn.OPERATOR, at


def turn_to_requester(ticket: Ticket, at: datetime) -> None:
    """Let the ticket wait for its requester, since the latest answer."""
    ticket.waiting_on, ticket.waiting_since = WaitingOn.REQUESTER, at


def turn_back(ticket: Ticket) -> None:
    """Let a locked ticket wait for whom it would without its withdrawn answers, and store it."""
    if ticket.status == Status.CLOSED:
        return
    answers = ticket.messages.filter(sender_type=Message.SenderType.OPERATOR)
    answer = answers.exclude(delivery__state="withdrawn").order_by("number").last()
    messages = ticket.messages.filter(sender_type=Message.SenderType.USER, is_quiet=False)
    reopened = ticket.history.filter(event=Event.REOPENED)
    if answer is not None:
        messages = messages.filter(number__gt=answer.number)
        reopened = reopened.filter(created_at__gt=answer.created_at)
    # A reopening begins the turn anew, whatever had been written before the ticket was closed.
    began_with = reopened.order_by("pk").last() or messages.order_by("number").first()
    if began_with is not None or answer is None:
        ticket.waiting_on = WaitingOn.OPERATOR
        ticket.waiting_since = began_with.created_at if began_with else ticket.created_at
    else:
        turn_to_requester(ticket, answer.created_at)
    ticket.save(update_fields=["waiting_on", "waiting_since"])


def end_turn(ticket: Ticket) -> None:
    """Let a closed ticket wait for nobody."""
    ticket.waiting_on = ticket.waiting_since = None
