"""The queues at the side of the desk: those of the API, the closed tickets, and all."""

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from operators.authentication import current_operator
from tickets.api.counts import MOST, count_each
from tickets.api.ticket_filters import QUEUES, in_queue
from tickets.models import Status, Ticket


@dataclass(frozen=True)
class Queue:
    """A queue of the desk.

    name: in the URL. key: pressed after g. ordering: of its list, unless another one is chosen.
    """

    name: str
    label: str | Promise
    icon: str
    key: str
    ordering: str = "-date_update"


DESK_QUEUES = [
    Queue("waiting", _("Waiting for us"), "inbox", "w", "waiting_since"),
    Queue("new", _("New"), "plus", "n", "date_create"),
    Queue("mine", _("Mine"), "user", "m"),
    Queue("open", _("Open"), "folder", "o"),
    Queue("snoozed", _("Snoozed"), "moon", "s"),
    Queue("needs_attention", _("Delivery trouble"), "alert", "d"),
    Queue("closed", _("Closed"), "check", "c"),
    Queue("all", _("All"), "list", "a"),
]
BY_NAME = {queue.name: queue for queue in DESK_QUEUES}


def chosen_queue(query: QueryDict) -> Queue:
    """Return the queue that a URL names: by default what waits for us, of a search all."""
    default = "all" if query.get("search") else "waiting"
    return BY_NAME.get(query.get("queue", ""), BY_NAME[default])


def counted_queues(request: HttpRequest) -> list[dict[str, object]]:
    """Return the queues with their numbers of tickets, by one statement."""
    operator = current_operator(request)
    every = Ticket.objects.all()
    numbers = count_each(
        {name: in_queue(every, name, operator) for name in QUEUES}
        | {"closed": every.filter(status=Status.CLOSED), "all": every},
        most=MOST,
    )
    return [
        {
            "queue": queue,
            "keys": f"g {queue.key}",
            "count": f"{MOST}+" if numbers[queue.name] > MOST else numbers[queue.name],
        }
        for queue in DESK_QUEUES
    ]
