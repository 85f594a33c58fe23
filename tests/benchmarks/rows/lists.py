"""Ticket lists at 1,000,000 tickets and 3,000,000 messages, beside the same lists at 4,000.

With fewer tickets the deep pages of a status would have less than 50 rows, and so take less time.
"""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks import filling
from tests.benchmarks.databases import databases, websites
from tests.benchmarks.row import Pair, Row

SIZES = {"large": 1_000_000, "middle": 60_000, "small": 4_000}
# Of each page the quickest answer counts, since other programs can only make it slower, and pages
# with the highest ratios are measured again: of 314 pages a few are nearly always disturbed.
_REPEATS = 5
_ROUNDS = 4
_MEASURED_AGAIN = 16
_URL = "/requests/user_requests/"
_TITLE = "The printer does not print"
_STATUSES = ("", "new", "in_progress", "closed")
# A row from the middle of each order, as a cursor has it: sort value, then the ticket's number.
_MIDDLE: dict[str, Callable[[int], Any]] = {
    "request_id": lambda number: number,
    "title": lambda number: _TITLE,
    "description": lambda number: "8",
    "status": lambda number: 2,
    "date_create": lambda number: filling.created_at(number),
    # A ticket is updated up to twelve days after it was made.
    "date_update": lambda number: filling.created_at(number + 6 * 24 * 60),
    "user_email": lambda number: "8",
    "operator": lambda number: 105,
    "priority": lambda number: 2,
    # The second half of the tickets has all that are open.
    "waiting_since": lambda number: filling.created_at(number * 3 // 2),
}
# Filters that leave at least a page of the small list, too.
_FILTERS = (
    "queue=open",
    "queue=waiting",
    "operator=103",
    f"requester={filling.BUSY_REQUESTER}",
    "tag=printer",
    "priority=urgent",
    "priority=normal",
    "waiting_on=requester",
    "snoozed=false",
    "status=closed&snoozed=false",
    "created_after=2020-01-02T00:00:00Z",
)
_FILTERED_ORDERINGS = (
    "request_id", "-request_id", "title", "-date_update", "-operator", "priority", "-waiting_since"
)  # fmt: skip


def pages(tickets: int) -> dict[str, str]:
    """Return the path of each page: every ordering and status, the first page and a deep one."""
    paths = {}
    for field in _MIDDLE:
        for ordering in (field, f"-{field}"):
            for status in _STATUSES:
                for depth, more in (("first", {}), ("deep", _deep(ordering, tickets))):
                    name = f"{ordering} {status or 'all'} {depth}"
                    query = {"ordering": ordering, "status": status, **more}
                    paths[name] = f"{_URL}?{urlencode(query)}"
    return paths


def filtered_pages(tickets: int, filters: Sequence[str] = _FILTERS) -> dict[str, str]:
    """Return the path of each page with a filter: several orderings, the first and a deep page."""
    return {
        f"{ordering} {only} {depth}": f"{_URL}?{urlencode({'ordering': ordering, **more})}&{only}"
        for ordering in _FILTERED_ORDERINGS
        for only in filters
        for depth, more in (("first", {}), ("deep", _deep(ordering, tickets)))
    }


def _deep(ordering: str, tickets: int) -> dict[str, str]:
    number = tickets // 2
    cursor = json.dumps([_MIDDLE[ordering.removeprefix("-")](number), number, False]).encode()
    return {"cursor": base64.urlsafe_b64encode(cursor).decode()}


@contextmanager
def _prepare() -> Iterator[Callable[[], Pair]]:
    with databases() as made:
        tokens = {
            name: made.make(
                name,
                filling.fill_operators,
                partial(filling.fill_tickets, tickets=size, messages_each=3),
            )
            for name, size in SIZES.items()
        }
        with websites(made, tokens) as sites:
            paths = {name: pages(size) | filtered_pages(size) for name, size in SIZES.items()}

            def measure() -> Pair:
                times: dict[str, dict[str, list[float]]] = {
                    page: {name: [] for name in sites} for page in paths["large"]
                }
                chosen = list(times)
                for _ in range(_ROUNDS):
                    for page in chosen * _REPEATS:
                        for name, site in sites.items():
                            times[page][name].append(site.time_ms(paths[name][page]))
                    chosen = sorted(times, key=lambda page: _ratio(times[page]))[-_MEASURED_AGAIN:]
                return _pair_of_the_worst(times)

            yield measure


def _ratio(times: dict[str, list[float]]) -> float:
    return min(times["large"]) / min(times["small"])


def _pair_of_the_worst(times: dict[str, dict[str, list[float]]]) -> Pair:
    least = {
        page: {name: min(spent) for name, spent in by_name.items()}
        for page, by_name in times.items()
    }
    ratios = {page: _ratio(by_name) for page, by_name in times.items()}
    worst = max(ratios, key=lambda page: ratios[page])
    return Pair(
        ours=least[worst]["large"],
        floor=least[worst]["small"],
        details={
            "worst": worst,
            "median_ratio": median(ratios.values()),
            "pages_over_the_goal": sum(ratio > 1.3 for ratio in ratios.values()),
            "pages": least,
            "curve": _curve(least),
        },
    )


def _curve(times: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return the plot of the pages' times over the number of tickets."""
    by_size = {
        size: [spent[name] for spent in times.values()]
        for name, size in sorted(SIZES.items(), key=lambda item: item[1])
    }
    lines = {
        "the slowest page": [(size, max(times)) for size, times in by_size.items()],
        "median of the pages": [(size, median(times)) for size, times in by_size.items()],
    }
    return {"x": "tickets", "y": "milliseconds", "lines": lines}


ROWS = [
    Row(
        name="lists",
        title="the slowest of 314 pages of the ticket list, at 1,000,000 tickets",
        floor_title="the same page at 4,000 tickets",
        unit="ms",
        goal=1.3,
        higher_is_better=False,
        prepare=_prepare,
    )
]
