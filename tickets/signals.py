"""Signals for changes of tickets, each sent inside the transaction of the change.

The sender is `Ticket`, and there is one argument:
entries: list[HistoryEntry]  # the new entries, with ticket, requester, operator and message loaded
"""

from django.dispatch import Signal

ticket_opened = Signal()
ticket_taken = Signal()
operator_replied = Signal()
ticket_closed = Signal()
