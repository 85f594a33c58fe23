"""The queues at the side of the desk: those of the API, the closed tickets, and all."""

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from operators.authentication import current_operator
from tickets.api.counts import MOST, count_each
from tickets.api.ticket_filters import QUEUES, in_queue
from tickets.models import Status, Ticket, WaitingOn


@dataclass(frozen=True)
class Queue:
    """A queue of the desk.

    name: in the URL. key: pressed after g. ordering: of its list, unless another one is chosen.
    nothing, nothing_more: what an empty one says.
    """

    name: str
    label: str | Promise
    icon: str
    key: str
    nothing: str | Promise
    nothing_more: str | Promise
    ordering: str = "-date_update"


DESK_QUEUES = [
    Queue(
        "waiting",
        _("Waiting for us"),
        "inbox",
        "w",
        _("Nothing waits for you"),
        _("Every request is answered. New mail appears here by itself."),
        "waiting_since",
    ),
    Queue(
        "new",
        _("New"),
        "plus",
        "n",
        _("There is nothing new"),
        _("Each request is in somebody's hands."),
        "date_create",
    ),
    Queue(
        "mine",
        _("Mine"),
        "user",
        "m",
        _("You hold no ticket"),
        _("Take one from New, or from what waits for us."),
    ),
    Queue(
        "open",
        _("Open"),
        "folder",
        "o",
        _("No ticket is open"),
        _("All that came is closed or snoozed."),
    ),
    Queue(
        "snoozed",
        _("Snoozed"),
        "moon",
        "s",
        _("No ticket is snoozed"),
        _("A snoozed ticket comes back at its time, or when somebody writes."),
    ),
    Queue(
        "needs_attention",
        _("Delivery trouble"),
        "alert",
        "d",
        _("All mail has arrived"),
        _("Here is what could not be delivered or came back."),
    ),
    Queue(
        "closed",
        _("Closed"),
        "check",
        "c",
        _("No ticket is closed yet"),
        _("Closed tickets stay here, and can be reopened."),
    ),
    Queue(
        "all",
        _("All"),
        "list",
        "a",
        _("There is no ticket yet"),
        _("The first mail to the desk opens one."),
    ),
]
BY_NAME = {queue.name: queue for queue in DESK_QUEUES}
_MINE_TO_DO = "mine to do"
_MOST_TO_DO = 99


def chosen_queue(query: QueryDict) -> Queue:
    """Return the queue that a URL names: by default what waits for us, of a search all."""
    default = "all" if query.get("search") else "waiting"
    return BY_NAME.get(query.get("queue", ""), BY_NAME[default])


def counted_queues(request: HttpRequest) -> list[dict[str, object]]:
    """Return the queues with their numbers of tickets, by one statement."""
    operator = current_operator(request)
    every = Ticket.objects.all()
    queues = {name: in_queue(every, name, operator) for name in QUEUES}
    queues |= {"closed": every.filter(status=Status.CLOSED), "all": every}
    to_do = queues["mine"].filter(waiting_on=WaitingOn.OPERATOR)
    limited = {name: tickets[: MOST + 1] for name, tickets in queues.items()}
    numbers = count_each({**limited, _MINE_TO_DO: to_do[: _MOST_TO_DO + 1]}, filtered=False)
    return [
        {
            "queue": queue,
            "keys": f"g {queue.key}",
            "count": _say(numbers[queue.name], MOST),
            # What the tab's title tells: how many of the operator's tickets wait for them.
            "to_do": _say(numbers[_MINE_TO_DO], _MOST_TO_DO) if queue.name == "mine" else None,
        }
        for queue in DESK_QUEUES
    ]


def _say(number: int, most: int) -> str:
    return f"{most}+" if number > most else str(number)
