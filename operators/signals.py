"""Signals for changes of operators, each sent inside the transaction of the change."""

from django.dispatch import Signal

# The sender is `Operator`.
# operator: Operator  # with the new address
# old: str  # the address before, not empty
operator_email_changed = Signal()
