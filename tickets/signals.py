"""Signals for changes of tickets, each sent inside the transaction of the change.

The sender is `Ticket`, and there is one argument:
entries: list[HistoryEntry]  # the new entries, with ticket, requester, operator and message loaded

A receiver of `operator_replied` sets `entry.message.delivery` on the instance that it is given, to
what the API shows of the mail that it queued. `services.reply` saves it after the signal.
"""

from django.dispatch import Signal

ticket_opened = Signal()
ticket_taken = Signal()
operator_replied = Signal()
ticket_closed = Signal()
