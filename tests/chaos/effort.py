"""Whether so much was done that the account says something: an idle run breaks no promise."""

from collections.abc import Iterator, Mapping

from tests.chaos.account import WRONG, Finding
from tests.chaos.books import Books
from tests.chaos.desk import Deeds

_FEW_TICKETS = 10


def shortfalls(
    *,
    done: Mapping[str, int],
    begun: int,
    planned: int,
    idle_operators: int,
    deeds: Deeds,
    books: Books,
) -> Iterator[Finding]:
    """Yield what makes a run worth less than it seems.

    Args:
        done: faults that broke something, by name.
        begun: faults that were tried, of so many planned ones.
        idle_operators: how many of them stopped working before they were told to.
    """
    if begun < planned:
        yield Finding(WRONG, f"only {begun} of {planned} faults were tried")
    if sum(done.values()) * 2 < planned:
        yield Finding(WRONG, f"only {sum(done.values())} of {planned} faults broke something")
    if idle_operators:
        yield Finding(WRONG, f"{idle_operators} operators stopped working")
    if len(books.tickets) >= _FEW_TICKETS:
        for name in ("taken", "closed", "replied"):
            if not getattr(deeds, name):
                yield Finding(WRONG, f"of {len(books.tickets)} tickets none was {name}")
