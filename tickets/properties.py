"""Services for what operators set in a ticket in any status: priority, tags, attention, snooze."""

from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from operators.models import Operator
from tickets.changes import Change, api_timestamp, check_version, lock_ticket
from tickets.models import Event, HistoryEntry, Priority, Status, Ticket
from tickets.tags import distinct_tags


class Properties(TypedDict, total=False):
    """New values; what is missing stays.

    tags: normalized, without doubles.
    snoozed_until: None wakes.
    """

    priority: Priority
    tags: list[str]
    needs_attention: bool
    snoozed_until: datetime | None


@transaction.atomic
def change_ticket(
    *, ticket_id: int, by: Operator, changes: Properties, version: int | None = None
) -> Ticket:
    """Set properties of a ticket; a value that it has already changes nothing.

    Raises `Http404`, `StaleVersion`, and `ValidationError` for snoozing a closed ticket.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    if changes.get("snoozed_until") and ticket.status == Status.CLOSED:
        raise ValidationError({"snoozed_until": [_("A closed request cannot be snoozed.")]})
    check_version(ticket, version)
    return _set(ticket, changes, by=by)


@transaction.atomic
def add_tag(*, ticket_id: int, by: Operator, tag: str, version: int | None = None) -> Ticket:
    """Add a normalized tag to a ticket.

    Raises `Http404`, `StaleVersion`, and `ValidationError` if it has as many as it may.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    tags = distinct_tags([*ticket.tags, tag])
    check_version(ticket, version)
    return _set(ticket, {"tags": tags}, by=by)


@transaction.atomic
def remove_tag(*, ticket_id: int, by: Operator, tag: str, version: int | None = None) -> Ticket:
    """Remove a normalized tag from a ticket, if it has it; raises `Http404`, `StaleVersion`."""
    ticket = lock_ticket(ticket_id=ticket_id, version=version)
    return _set(ticket, {"tags": [other for other in ticket.tags if other != tag]}, by=by)


@transaction.atomic
def set_needs_attention(*, ticket_id: int) -> None:
    """Mark that a mail of the ticket did not arrive; raises `Http404`.

    That is no change of a request, so that the ticket's version and time of update stay.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    if ticket.needs_attention:
        return
    ticket.needs_attention = True
    ticket.save(update_fields=["needs_attention"])
    HistoryEntry.objects.create(
        ticket=ticket,
        event=Event.ATTENTION_CHANGED,
        is_system=True,
        status_before=ticket.status,
        status_after=ticket.status,
        details={"before": False, "after": True},
        version=ticket.version,
        created_at=timezone.now(),
    )


def _set(ticket: Ticket, changes: Properties, *, by: Operator) -> Ticket:
    """Store new values in a locked ticket, each with an entry in the history."""
    change = Change(ticket, by=by)
    changed = {name: value for name, value in changes.items() if getattr(ticket, name) != value}
    for name, value in changed.items():
        event = _event(name, value)
        change.record(event, before=_shown(name, getattr(ticket, name)), after=_shown(name, value))
        setattr(ticket, name, value)
    change.save(*changed)
    return ticket


def _event(name: str, value: Any) -> Event:
    if name == "snoozed_until":
        return Event.WOKEN if value is None else Event.SNOOZED
    return {
        "priority": Event.PRIORITY_CHANGED,
        "tags": Event.TAGS_CHANGED,
        "needs_attention": Event.ATTENTION_CHANGED,
    }[name]


def _shown(name: str, value: Any) -> Any:
    """Return a property's value as the API shows it."""
    if name == "priority":
        return Priority(value).name.lower()
    return api_timestamp(value) if isinstance(value, datetime) else value
