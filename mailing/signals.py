"""Signals about mail, sent in the transaction of the change or just after it.

inbound_stored(sender=InboundEmail): new mail waits in the inbox
outbound_queued(sender=OutboundEmail): new mail waits in the outbox
"""

from django.dispatch import Signal

inbound_stored = Signal()
outbound_queued = Signal()
