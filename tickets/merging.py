"""Merge a ticket into another requester's, and undo that."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from operators.mailboxes import canonical_address, same_mailbox
from operators.models import Operator
from tickets.changes import (
    Change,
    api_timestamp,
    check_version,
    lock_requesters_and_tickets,
    turn_back,
)
from tickets.exceptions import (
    HasMerged,
    HasOpenRequest,
    MergedElsewhere,
    NotMerged,
    TooManyParticipants,
)
from tickets.models import Event, HistoryEntry, Participant, Status, Ticket
from tickets.participants import MOST_PARTICIPANTS
from tickets.transitions import EVENTS, Move, status_after


@transaction.atomic
def merge_ticket(*, ticket_id: int, into: int, by: Operator, version: int | None = None) -> Ticket:
    """Close a ticket without a mail, and let its people write in another open one from now on.

    Nothing is moved: its messages stay. Its requester and its participants become participants of
    the other ticket, as far as that has room.

    version: which the ticket must have; None for any, here and below.
    Raises `Http404`, `ValidationError` for a merge into itself, `StaleVersion`, `MergedElsewhere`,
    `HasMerged`, `NotAllowedInThisStatus` and `TooManyParticipants`.
    """
    if into == ticket_id:
        raise ValidationError({"into": [_("A request cannot be merged into itself.")]})
    tickets = lock_requesters_and_tickets(ticket_ids=[ticket_id, into])
    if len(tickets) < 2:
        raise Http404
    ticket, target = tickets[ticket_id], tickets[into]
    check_version(ticket, version)
    if ticket.merged_into_id or target.merged_into_id:
        raise MergedElsewhere
    status_after(Status(target.status), Move.MERGE)  # raises for a closed one
    status = status_after(Status(ticket.status), Move.MERGE)
    if ticket.merged.exists():
        raise HasMerged
    change, change_of_target = Change(ticket, by=by), Change(target, by=by)
    before = _state(ticket)
    ticket.status, ticket.operator_id = status, ticket.operator_id or by.pk
    ticket.snoozed_until, ticket.merged_into = None, target
    change.record(EVENTS[Move.MERGE], before=before, after={"into": target.pk})
    change.save("status", "operator", "snoozed_until", "merged_into")
    _add_people(ticket, target)
    change_of_target.record(EVENTS[Move.MERGE], after={"from": ticket.pk})
    change_of_target.save()
    return ticket


@transaction.atomic
def unmerge_ticket(*, ticket_id: int, by: Operator, version: int | None = None) -> Ticket:
    """Undo a merge: the ticket is as it was, and the people whom it brought leave the other one.

    Raises `Http404`, `StaleVersion`, `NotMerged`, and `HasOpenRequest` if the requester has opened
    another ticket meanwhile.
    """
    merged_into = Ticket.objects.filter(merged=ticket_id).values_list("pk", flat=True)
    tickets = lock_requesters_and_tickets(ticket_ids=[ticket_id, *merged_into])
    ticket = tickets.get(ticket_id)
    if ticket is None:
        raise Http404
    check_version(ticket, version)
    target = tickets.get(ticket.merged_into_id) if ticket.merged_into_id else None
    if target is None:
        raise NotMerged
    other = Ticket.objects.open().filter(requester=ticket.requester_id).first()
    if other is not None:
        raise HasOpenRequest(other.pk)
    merge = ticket.history.filter(event=Event.MERGED).latest("pk")
    change, change_of_target = Change(ticket, by=by), Change(target, by=by)
    ticket.merged_into = None
    move = _restore(ticket, merge)
    change.record(EVENTS[move], before={"into": target.pk})
    change.save("status", "operator", "snoozed_until", "merged_into")
    if ticket.history.filter(event=Event.REPLY_WITHDRAWN, pk__gt=merge.pk).exists():
        turn_back(ticket)  # an answer was withdrawn while it was closed by the merge
    _remove_people(merge, target)
    change_of_target.record(EVENTS[move], before={"from": ticket.pk})
    change_of_target.save()
    return ticket


def _state(ticket: Ticket) -> dict[str, Any]:
    """Return what a merge changes, as the history keeps it for the way back."""
    return {
        "status": ticket.status,
        "operator": ticket.operator_id,
        "waiting_on": ticket.waiting_on,
        "waiting_since": api_timestamp(ticket.waiting_since),
        "snoozed_until": api_timestamp(ticket.snoozed_until),
    }


def _restore(ticket: Ticket, merge: HistoryEntry) -> Move:
    """Give a ticket what it had before a merge, and return the move that this is."""
    before: dict[str, Any] = (merge.details or {})["before"]
    move = Move.UNMERGE_NEW if before["status"] == Status.NEW else Move.UNMERGE_HELD
    ticket.status = status_after(Status(ticket.status), move)
    ticket.operator_id = before["operator"]
    ticket.waiting_on = before["waiting_on"]
    ticket.waiting_since = _read_timestamp(before["waiting_since"])
    snoozed_until = _read_timestamp(before["snoozed_until"])
    if snoozed_until and snoozed_until > timezone.now():
        ticket.snoozed_until = snoozed_until
    return move


def _read_timestamp(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _add_people(ticket: Ticket, target: Ticket) -> None:
    """Make a ticket's requester and participants participants of another one, in this order."""
    requester = Participant(
        email=ticket.requester.email,
        canonical_email=canonical_address(ticket.requester.email),
        name=ticket.requester.name,
    )
    known = {row.canonical_email: row for row in target.participants.all()}
    room = MOST_PARTICIPANTS - sum(not row.is_removed for row in known.values())
    for person in [requester, *ticket.participants.filter(is_removed=False).order_by("pk")]:
        row = known.get(person.canonical_email)
        is_present = row is not None and not row.is_removed
        if is_present or same_mailbox(person.email, target.requester.email):
            continue
        if not room:
            if person is requester:
                raise TooManyParticipants
            break
        row = row or Participant(
            ticket=target,
            email=person.email,
            canonical_email=person.canonical_email,
            name=person.name,
        )
        row.is_removed, row.merged_from = False, ticket
        row.save()
        room -= 1


def _remove_people(merge: HistoryEntry, target: Ticket) -> None:
    """Take back from a ticket the people whom a merge brought."""
    brought = target.participants.filter(merged_from=merge.ticket_id, is_removed=False)
    # They had been removed by an operator before the merge.
    brought.filter(created_at__lt=merge.created_at).update(is_removed=True, merged_from=None)
    brought.delete()
