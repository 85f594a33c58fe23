"""A search at 1,000,000 tickets with 3,000,000 messages, beside the same one at 10,000 tickets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlencode

from tests.benchmarks import filling
from tests.benchmarks.databases import databases, websites
from tests.benchmarks.row import Pair, Row

SIZES = {"large": 1_000_000, "small": 10_000}
_REPEATS = 15  # the quickest answer counts, since other programs can only make it slower
_SEARCHES = {
    "common": filling.COMMON_WORD,
    "rare": filling.RARE_WORD,
    "both": f"{filling.COMMON_WORD} {filling.RARE_WORD}",
}
# Shown beside the row: these take the longer, the more tickets there are.
_OTHERS = {
    "one in a thousand": filling.RARER_WORD,
    "common without common": f"{filling.COMMON_WORD} -today",
    "part of an address": "0a1b",
    "part of all addresses": "example",
}


@contextmanager
def _prepare() -> Iterator[Callable[[], Pair]]:
    with databases() as made:
        tokens = {
            name: made.make(
                name,
                filling.fill_operators,
                partial(filling.fill_tickets, tickets=size, messages_each=3),
                partial(filling.fill_search, tickets=size),
            )
            for name, size in SIZES.items()
        }
        with websites(made, tokens) as sites:

            def least_ms(site: str, text: str) -> float:
                path = f"/requests/user_requests/?{urlencode({'search': text})}"
                return min(sites[site].time_ms(path) for _ in range(_REPEATS))

            def measure() -> Pair:
                times = {
                    name: {site: least_ms(site, text) for site in sites}
                    for name, text in {**_SEARCHES, **_OTHERS}.items()
                }
                worst = max(_SEARCHES, key=lambda name: _ratio(times[name]))
                return Pair(
                    ours=times[worst]["large"],
                    floor=times[worst]["small"],
                    details={"worst": worst, "searches": times},
                )

            yield measure


def _ratio(times: dict[str, float]) -> float:
    return times["large"] / times["small"]


ROWS = [
    Row(
        name="search",
        title="the slowest search of a common word, a rare one and both, at 1,000,000 tickets",
        floor_title="the same search at 10,000 tickets",
        unit="ms",
        goal=2,
        higher_is_better=False,
        prepare=_prepare,
    )
]
