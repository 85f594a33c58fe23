"""Choose the mails that follow from a change of a ticket, and queue them in its transaction."""

from django.conf import settings

from mailing.models import OutboundEmail
from mailing.outbound import composing, suppression
from mailing.outbound.outgoing import Outgoing, enqueue
from operators.models import Notice, Operator
from tickets.models import HistoryEntry

Kind = OutboundEmail.Kind


def queue_notices(kind: OutboundEmail.Kind, entries: list[HistoryEntry]) -> None:
    """Queue a notice to the requester for each history entry.

    A notice that must not be sent is stored too, as suppressed.
    """
    enqueue(_notices(kind, entries))


def queue_opening_notices(entries: list[HistoryEntry]) -> None:
    """Notify the requesters of their new tickets, and the operators if NOTIFY_OPERATORS is set."""
    to_operators = [
        Outgoing(
            Kind.OPERATOR_NOTICE,
            entry,
            operator.email.lower(),
            composing.render_notice(Kind.OPERATOR_NOTICE, entry.ticket, language=operator.language),
        )
        for operator in _notified_operators()
        for entry in entries
        if operator.email.lower() != entry.ticket.requester.email
        and operator.pk != entry.operator_id
    ]
    enqueue([*_notices(Kind.CREATED, entries), *to_operators])


def _notices(kind: OutboundEmail.Kind, entries: list[HistoryEntry]) -> list[Outgoing]:
    reasons = suppression.reasons_to_suppress(kind, entries)
    return [
        Outgoing(
            kind,
            entry,
            entry.ticket.requester.email,
            composing.render_notice(kind, entry.ticket),
            reason,
        )
        for entry, reason in zip(entries, reasons, strict=True)
    ]


def _notified_operators() -> list[Operator]:
    """Return the operators who get notices of new tickets, in the order of their addresses."""
    if not settings.NOTIFY_OPERATORS:
        return []
    operators = Operator.objects.filter(is_active=True).exclude(email="")
    wanting = [operator for operator in operators if operator.wants(Notice.NEW_REQUEST)]
    return sorted(wanting, key=lambda operator: operator.email.lower())
