"""Health checks, inbox and outbox lists at 1,000,000 mails, beside the same at 1,000."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median

from tests.benchmarks import filling, filling_outbox
from tests.benchmarks.databases import databases, websites
from tests.benchmarks.row import Pair, Row

SIZES = {"large": 1_000_000, "small": 1_000}
PATHS = [
    "/readyz",
    "/metrics",
    "/mail/inbox/",
    "/mail/inbox/?ordering=-id",
    "/mail/inbox/?state=quarantined",
    "/mail/inbox/?kind=auto_reply",
    "/mail/inbox/?kind=person&state=ignored",
    "/mail/inbox/?external_id=unknown",
    "/mail/outbox/?ordering=-id",
    "/mail/outbox/?state=sent",
    "/mail/outbox/?recipient=Unknown@example.com",
]
_REPEATS = 15


@contextmanager
def _prepare() -> Iterator[Callable[[], Pair]]:
    with databases() as made:
        tokens = {
            name: made.make(
                name,
                filling.fill_operators,
                partial(filling.fill_tickets, tickets=size),
                partial(filling.fill_inbox, processed=size),
                partial(filling_outbox.fill_outbox, mails=size),
            )
            for name, size in SIZES.items()
        }
        with websites(made, tokens) as sites:

            def measure() -> Pair:
                medians: dict[str, dict[str, float]] = {}
                for path in PATHS:
                    times: dict[str, list[float]] = {name: [] for name in sites}
                    for _ in range(_REPEATS):
                        for name, site in sites.items():
                            times[name].append(site.time_ms(path))
                    medians[path] = {name: median(spent) for name, spent in times.items()}
                worst = max(PATHS, key=lambda path: medians[path]["large"] / medians[path]["small"])
                return Pair(
                    medians[worst]["large"],
                    medians[worst]["small"],
                    details={"worst": worst, "pages": medians},
                )

            yield measure


ROWS = [
    Row(
        name="health",
        title="the slowest of /readyz, /metrics and the lists of mail, at 1,000,000 mails",
        floor_title="the same page at 1,000 mails",
        unit="ms",
        goal=1.3,
        higher_is_better=False,
        prepare=_prepare,
    )
]
