"""How loudly the desk says a ticket's priority."""

from tickets.models import Priority, Ticket

_SIGNS = {Priority.LOW: "", Priority.HIGH: "warn", Priority.URGENT: "bad"}


def priority_sign(ticket: Ticket) -> str | None:
    """Return the kind of the priority's badge; None for the normal one, which has none."""
    return _SIGNS.get(Priority(ticket.priority))
