"""What stands beside a ticket's conversation: people, tags, and the tickets around it."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tickets.desk.snooze_times import snooze_times
from tickets.models import Participant, Priority, Ticket

OTHER_TICKETS = 10
# After an outage many tickets may be merged into one.
_MOST_LINKED = 100
# Tags of so many of the latest tickets are offered.
_TICKETS_WITH_TAGS = 300
_MOST_TAGS_OFFERED = 100


def about_ticket(ticket: Ticket) -> dict[str, Any]:
    """Return what the page shows beside the conversation.

    ticket: with its requester.
    """
    same_requester = Ticket.objects.filter(requester=ticket.requester_id).exclude(pk=ticket.pk)
    linked = Ticket.objects.only(*_LINKED)
    after = linked.filter(previous=ticket.pk) | linked.filter(merged_into=ticket.pk)
    around = [
        *linked.filter(pk__in=[ticket.previous_id or 0, ticket.merged_into_id or 0]),
        *after.order_by("-pk")[:_MOST_LINKED],
    ]
    others = same_requester.exclude(pk__in=[other.pk for other in around]).only(*_LINKED)
    latest = list(others.order_by("-pk")[: OTHER_TICKETS + 1])
    return {
        "participants": list(
            Participant.objects.filter(ticket=ticket, is_removed=False).order_by("pk")
        ),
        "other_tickets": latest[:OTHER_TICKETS],
        "has_more_tickets": len(latest) > OTHER_TICKETS,
        "links": _links(ticket, around),
        "has_merged": any(other.merged_into_id == ticket.pk for other in around),
        "known_tags": _known_tags(),
        "priorities": [(each.name.lower(), each.label, each.value) for each in Priority],
        "snooze_times": snooze_times(),
    }


_LINKED = ("title", "status", "previous", "merged_into", "requester")


def _links(ticket: Ticket, around: list[Ticket]) -> list[tuple[str | Promise, list[Ticket]]]:
    """Return the tickets around one, by how they belong to it."""
    by_label: dict[str | Promise, list[Ticket]] = {
        _("Follows"): [other for other in around if other.pk == ticket.previous_id],
        _("Followed by"): [other for other in around if other.previous_id == ticket.pk],
        _("Merged into"): [other for other in around if other.pk == ticket.merged_into_id],
        _("Merged from"): [other for other in around if other.merged_into_id == ticket.pk],
    }
    return [(label, found) for label, found in by_label.items() if found]


def _known_tags() -> list[str]:
    """Return the tags of the latest tickets, in their order."""
    rows = Ticket.objects.order_by("-pk").values_list("tags", flat=True)[:_TICKETS_WITH_TAGS]
    return sorted({tag for tags in rows for tag in tags})[:_MOST_TAGS_OFFERED]
