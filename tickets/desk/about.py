"""What stands beside a ticket's conversation: people, tags, and the tickets around it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from tickets.desk.snooze_times import snooze_times
from tickets.models import Participant, Priority, Ticket

OTHER_TICKETS = 10
# Tags of so many of the latest tickets are offered.
_TICKETS_WITH_TAGS = 300
_MOST_TAGS_OFFERED = 100


def about_ticket(ticket: Ticket) -> dict[str, Any]:
    """Return what the page shows beside the conversation.

    ticket: with its requester.
    """
    same_requester = Ticket.objects.filter(requester=ticket.requester_id).exclude(pk=ticket.pk)
    linked = Ticket.objects.only(*_LINKED)
    around = list(
        linked.filter(pk__in=[ticket.previous_id or 0, ticket.merged_into_id or 0])
        | linked.filter(previous=ticket.pk)
        | linked.filter(merged_into=ticket.pk)
    )
    others = same_requester.exclude(pk__in=[one.pk for one in around]).only(*_LINKED)
    latest = list(others.order_by("-pk")[: OTHER_TICKETS + 1])
    return {
        "participants": list(
            Participant.objects.filter(ticket=ticket, is_removed=False).order_by("pk")
        ),
        "other_tickets": latest[:OTHER_TICKETS],
        "has_more_tickets": len(latest) > OTHER_TICKETS,
        "links": [
            (label, found)
            for label, found in (
                (_("Follows"), [one for one in around if one.pk == ticket.previous_id]),
                (_("Followed by"), [one for one in around if one.previous_id == ticket.pk]),
                (_("Merged into"), [one for one in around if one.pk == ticket.merged_into_id]),
                (_("Merged from"), [one for one in around if one.merged_into_id == ticket.pk]),
            )
            if found
        ],
        "has_merged": any(one.merged_into_id == ticket.pk for one in around),
        "known_tags": _known_tags(),
        "priorities": [(one.name.lower(), one.label, one.value) for one in Priority],
        "snooze_times": snooze_times(),
    }


_LINKED = ("title", "status", "previous", "merged_into", "requester")


def _known_tags() -> list[str]:
    """Return the tags of the latest tickets, in their order."""
    rows = Ticket.objects.order_by("-pk").values_list("tags", flat=True)[:_TICKETS_WITH_TAGS]
    return sorted({tag for tags in rows for tag in tags})[:_MOST_TAGS_OFFERED]
