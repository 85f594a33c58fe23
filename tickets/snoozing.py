"""Wake snoozed tickets whose time has come."""

from django.db import transaction
from django.utils import timezone

from tickets.bulk_rows import insert_rows, update_rows
from tickets.changes import api_timestamp
from tickets.models import Event, HistoryEntry, Ticket

_TICKETS_IN_A_TRANSACTION = 500


@transaction.atomic
def wake_due_tickets() -> int:
    """Wake some tickets whose snooze is over, and return how many.

    Tickets that somebody is changing are left to the next call.
    """
    now = timezone.now()
    rows = Ticket.objects.select_for_update(skip_locked=True).filter(snoozed_until__lte=now)
    rows = rows.defer("title", "description")
    due = list(rows.order_by("snoozed_until", "pk")[:_TICKETS_IN_A_TRANSACTION])
    entries = []
    for ticket in due:
        before = api_timestamp(ticket.snoozed_until)
        ticket.snoozed_until = None
        ticket.version += 1
        ticket.updated_at = now
        entries.append(
            HistoryEntry(
                ticket=ticket,
                event=Event.WOKEN,
                is_system=True,
                status_before=ticket.status,
                status_after=ticket.status,
                details={"before": before, "after": None},
                version=ticket.version,
                created_at=now,
            )
        )
    update_rows(due, ["snoozed_until", "version", "updated_at"])
    insert_rows(entries)
    return len(due)
