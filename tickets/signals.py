"""Signals for changes of tickets, each sent inside the transaction of the change.

The sender is `Ticket`, and all but the last two have this argument:
entries: list[HistoryEntry]  # the new entries, with ticket, requester, operator and message loaded

A receiver of `operator_replied` sets `delivery` and `copies` of `entry.message` on the instance
that it is given, to what the API shows of the mails that it queued. `services.reply` saves them
after the signal. The receivers of `reply_withdrawn` and `reply_released` store them, or refuse.
"""

from django.dispatch import Signal

ticket_opened = Signal()
# For the first time; later an operator takes it over without it.
ticket_taken = Signal()
# Besides `entries`:
# sendings: list[Sending]  # for each entry how its message is mailed (tickets.replies)
operator_replied = Signal()
# An operator takes a message back, or sends one at once that is held or scheduled.
reply_withdrawn = Signal()
reply_released = Signal()
# A mail of the requester crossed a message before it left.
reply_held = Signal()
ticket_closed = Signal()
# Of further messages in tickets that an operator holds; the holder is not loaded.
requester_wrote = Signal()
# An operator holds the ticket now to whom another gave it.
ticket_assigned = Signal()
# A note mentions operators. Besides `entries`:
# operators: list[list[Operator]]  # for each entry whom it mentions
operator_mentioned = Signal()
# Several tickets are locked, to be changed in one transaction; their requesters are loaded.
# tickets: list[Ticket]
tickets_locked = Signal()
# Whether an address can be a participant's. A receiver returns why it cannot, or "".
# address: str
participant_proposed = Signal()
