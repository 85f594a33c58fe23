"""The filters of a list of the desk, and how a page shows those that are on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operators.authentication import current_operator
from operators.templatetags.desk import say_when
from tickets.api.fields import PRIORITY_NAMES
from tickets.api.filters import ChoiceFilter
from tickets.api.ticket_filters import TicketFilter, in_queue
from tickets.desk.queues import DESK_QUEUES, chosen_queue
from tickets.models import Priority, Status, Ticket

# The names of filters, in the order of their chips.
_FILTERS: dict[str, Promise] = {
    "search": gettext_lazy("Search"),
    "status": gettext_lazy("State"),
    "operator": gettext_lazy("Held by"),
    "waiting_on": gettext_lazy("Waits for"),
    "priority": gettext_lazy("Priority"),
    "tag": gettext_lazy("Tag"),
    "requester": gettext_lazy("From"),
    "participant": gettext_lazy("In copy"),
    "snoozed": gettext_lazy("Snoozed"),
    "needs_attention": gettext_lazy("Delivery trouble"),
    "created_after": gettext_lazy("Created after"),
    "created_before": gettext_lazy("Created before"),
    "updated_after": gettext_lazy("Updated after"),
    "updated_before": gettext_lazy("Updated before"),
}
ORDERINGS: dict[str, Promise] = {
    "-date_update": gettext_lazy("Last changed"),
    "date_update": gettext_lazy("Longest unchanged"),
    "waiting_since": gettext_lazy("Longest waiting"),
    "-waiting_since": gettext_lazy("Shortest waiting"),
    "-priority": gettext_lazy("Most urgent"),
    "-date_create": gettext_lazy("Newest"),
    "date_create": gettext_lazy("Oldest"),
}
_WORDS: dict[str, Mapping[str, str | Promise]] = {
    "status": dict(Status.choices),
    "priority": {name: Priority[name.upper()].label for name in PRIORITY_NAMES},
    "waiting_on": {"operator": gettext_lazy("us"), "requester": gettext_lazy("them")},
    "snoozed": {"true": gettext_lazy("yes"), "false": gettext_lazy("no")},
    "needs_attention": {"true": gettext_lazy("yes"), "false": gettext_lazy("no")},
    "operator": {"me": gettext_lazy("me"), "none": gettext_lazy("nobody")},
}


class QueueFilter(TicketFilter):
    """The filters of the API's list, with the desk's queues."""

    queue = ChoiceFilter(
        choices=[(queue.name, queue.name) for queue in DESK_QUEUES], method="filter_queue"
    )

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        if not data.get("queue"):
            data = data.copy()
            data["queue"] = chosen_queue(data).name
        super().__init__(data, **kwargs)

    def filter_queue(self, queryset: QuerySet[Ticket], name: str, queue: str) -> QuerySet[Ticket]:
        if queue == "all":
            return queryset
        if queue == "closed":
            return queryset.filter(status=Status.CLOSED)
        return in_queue(queryset, queue, current_operator(self.request))


@dataclass(frozen=True)
class Chip:
    """A filter that is on. url: of the page without it."""

    label: str | Promise
    text: str | Promise
    url: str
    is_wrong: bool


def chips(query: QueryDict, holders: Mapping[str, str], wrong: Mapping[str, Any]) -> list[Chip]:
    """Return the filters of a page, and its order if it is not the queue's own.

    holders: operators' names by their ids. wrong: the parameters that were refused.
    """
    found = [
        Chip(label, _value(name, value, holders), _url_without(query, name, value), name in wrong)
        for name, label in _FILTERS.items()
        for value in query.getlist(name)
        if value
    ]
    ordering = query.get("ordering")
    if ordering:
        text = ORDERINGS.get(ordering, ordering)
        url = _url_without(query, "ordering", ordering)
        found.append(Chip(_("Sorted by"), text, url, "ordering" in wrong))
    return found


def sortings(query: QueryDict, current: str) -> list[dict[str, Any]]:
    """Return the orders to choose from, each with the page in that order."""
    found = []
    for name, label in ORDERINGS.items():
        ordered = query.copy()
        ordered["ordering"] = name
        ordered.pop("cursor", None)
        url = f"?{ordered.urlencode()}"
        found.append({"label": label, "url": url, "is_current": name == current})
    return found


def choices(query: QueryDict, holders: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the filters that are chosen from a list, for a form."""
    shown = ["status", "operator", "waiting_on", "priority", "snoozed", "needs_attention"]
    return [
        {
            "name": name,
            "label": _FILTERS[name],
            "chosen": query.get(name, ""),
            "choices": {**_WORDS[name], **(holders if name == "operator" else {})},
        }
        for name in shown
    ]


def _value(name: str, value: str, holders: Mapping[str, str]) -> str | Promise:
    """Return how a chip says a filter's value."""
    if name == "operator" and value in holders:
        return holders[value]
    if name.endswith(("_after", "_before")):
        try:
            at = parse_datetime(value.replace(" ", "+"))
            return say_when(at) if at and at.tzinfo else value
        except (ValueError, OverflowError):  # of a year that the reader's zone does not have
            return value
    return _WORDS.get(name, {}).get(value, value)


def _url_without(query: QueryDict, name: str, value: str) -> str:
    """Return the query of the first page without one value of a parameter."""
    left = query.copy()
    left.setlist(name, [other for other in left.getlist(name) if other != value])
    for other in ("cursor", "page_size"):
        left.pop(other, None)
    return f"?{left.urlencode()}"
