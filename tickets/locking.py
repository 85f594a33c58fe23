"""Lock the requesters of some mails and their tickets, many in one transaction.

Everything takes as many statements for a hundred mails as for one. Against deadlocks rows are
locked in one order: the requesters, then the tickets, each by their numbers.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from django.db.models import Q

from operators.mailboxes import canonical_address
from tickets.bulk_rows import update_rows
from tickets.models import OPEN, Requester, Ticket

NAME_CHARACTERS = 255
# As SQL, because every mail waits for it, and Django takes longer to build it than it runs.
_LOCKED_REQUESTERS = """
    SELECT * FROM tickets_requester
    WHERE email = ANY(%(emails)s) OR canonical_email = ANY(%(canonical)s) OR id = ANY(%(also)s)
    ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(frozen=True)
class Sender:
    """A requester as a mail names them, or somebody in its To or Cc."""

    email: str
    name: str = ""

    @cached_property
    def key(self) -> str:
        """The one spelling of the address, by which a requester is found who used another one."""
        return canonical_address(self.email)


@dataclass(frozen=True, repr=False)
class LockedRequesters:
    """The requesters of some mails, locked until the commit.

    by_key: all, by `Sender.key`.
    known: those that existed before, and so may have tickets.
    """

    by_key: dict[str, Requester]
    known: list[Requester]


@dataclass(frozen=True, repr=False)
class LastTickets:
    """A requester's latest tickets: of all, and of those that were merged into another one."""

    last: Ticket
    merged: Ticket | None


def lock_requesters(senders: Iterable[Sender], also: Collection[int] = ()) -> LockedRequesters:
    """Return the senders' requesters, created if new, locked until the commit.

    also: the numbers of other requesters, who are locked with them.
    """
    by_key: dict[str, Sender] = {}
    for sender in senders:
        by_key.setdefault(sender.key, sender)
        if sender.name and not by_key[sender.key].name:
            by_key[sender.key] = sender
    known = _lock_known(by_key.values(), also)
    created: dict[str, Requester] = {}
    if new := [by_key[key] for key in sorted(by_key.keys() - known.keys())]:
        created = _create(new)
        # Another transaction has just created the others.
        if others := [sender for sender in new if sender.key not in created]:
            known |= _lock_known(others)
    nameless = [key for key, requester in known.items() if by_key[key].name and not requester.name]
    for key in nameless:
        known[key].name = by_key[key].name[:NAME_CHARACTERS]
    update_rows([known[key] for key in nameless], ["name"])
    return LockedRequesters(by_key=known | created, known=list(known.values()))


def lock_tickets(
    requesters: Collection[Requester], also: Collection[int] = ()
) -> dict[int, Ticket]:
    """Return the open tickets of locked requesters, by their numbers, locked too.

    also: the numbers of other tickets, which are locked and returned with them, even closed ones.
    """
    if not requesters and not also:
        return {}
    wanted = Q(requester__in=[requester.pk for requester in requesters], status__in=OPEN)
    if also:
        wanted |= Q(pk__in=also)
    rows = Ticket.objects.select_for_update(of=["self"], no_key=True).select_related("requester")
    return {ticket.pk: ticket for ticket in rows.filter(wanted).order_by("pk")}


def find_last_tickets(requesters: Collection[Requester]) -> dict[int, LastTickets]:
    """Return the latest tickets of each requester who has any, by the requester's number."""
    if not requesters:
        return {}
    latest = (
        Ticket.objects.filter(requester__in=[requester.pk for requester in requesters])
        .annotate(is_merged=Q(merged_into__isnull=False))
        .order_by("requester_id", "is_merged", "-pk")
        .distinct("requester_id", "is_merged")
        .defer("title", "description")
    )
    found: dict[int, list[Ticket]] = {}
    for ticket in latest:
        found.setdefault(ticket.requester_id, []).append(ticket)
    return {
        requester_id: LastTickets(
            max(tickets, key=attrgetter("pk")),
            next((ticket for ticket in tickets if ticket.merged_into_id), None),
        )
        for requester_id, tickets in found.items()
    }


def _create(senders: Iterable[Sender]) -> dict[str, Requester]:
    """Create requesters, and return them by `Sender.key`, without those that exist by now."""
    rows = [(sender.email.lower(), sender.key, sender.name[:NAME_CHARACTERS]) for sender in senders]
    lines = ", ".join(["(%s, %s, %s, now())"] * len(rows))
    created = Requester.objects.raw(
        "INSERT INTO tickets_requester (email, canonical_email, name, created_at)"  # noqa: S608
        f" VALUES {lines} ON CONFLICT DO NOTHING RETURNING *",
        [value for row in rows for value in row],
    )
    return {str(requester.canonical_email): requester for requester in created}


def _lock_known(senders: Iterable[Sender], also: Collection[int] = ()) -> dict[str, Requester]:
    """Lock the requesters that exist, by `Sender.key`; one with the very address comes first.

    also: the numbers of other requesters to lock.
    """
    keys = {sender.email.lower(): sender.key for sender in senders}
    values = {"emails": list(keys), "canonical": list(keys.values()), "also": list(also)}
    found = list(Requester.objects.raw(_LOCKED_REQUESTERS, values))
    by_email = {requester.email: requester for requester in found}
    by_canonical = {requester.canonical_email: requester for requester in found}
    locked = {key: by_email.get(email) or by_canonical.get(key) for email, key in keys.items()}
    return {key: requester for key, requester in locked.items() if requester}
