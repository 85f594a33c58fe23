"""What happened to tickets. Each is sent inside the transaction that did it.

All have the sender `Ticket` and one argument:
entries: list[HistoryEntry]  # the steps, each with its ticket, requester, operator and message
"""

from django.dispatch import Signal

ticket_opened = Signal()
ticket_taken = Signal()
operator_replied = Signal()
ticket_closed = Signal()
