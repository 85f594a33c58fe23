"""When an answer may leave that must not cross a mail of its requester in the post.

Such an answer waits while mail of its requester waits in the inbox. `mailing.inbound.crossing`
holds it when that mail was stored after the answer was written. Once one of the answer's copies was
begun, all go.
"""

from django.db.models import Q

from mailing.kinds import MailKind
from mailing.models import InboundEmail
from tickets.models import Message, Requester, Ticket

# A condition on the row `mail` of the outbox. Each statement with it sees all mail that was
# committed to the inbox before the statement began.
MAY_GO = """(
    mail.inbox_before IS NULL
    OR EXISTS (
        SELECT FROM mailing_outboundemail AS copy
        WHERE copy.message_id = mail.message_id
            AND (copy.first_attempt_at IS NOT NULL OR copy.taken_at <> '{}')
        OFFSET 0  -- so that PostgreSQL looks it up, and does not read all copies that there are
    )
    OR NOT EXISTS (
        SELECT FROM mailing_inboundemail AS waiting, tickets_ticket AS ticket
        JOIN tickets_requester AS requester ON requester.id = ticket.requester_id
        WHERE ticket.id = mail.ticket_id AND waiting.state = 'received'
            AND waiting.sender = ANY(ARRAY[requester.email, requester.canonical_email])
        OFFSET 0
    )
)"""


def find_waiting_mail(requester: Requester) -> list[int]:
    """Return the numbers of the requester's mails that wait in the inbox."""
    waiting = InboundEmail.objects.filter(
        state=InboundEmail.State.RECEIVED, requester_address__in=_spellings(requester)
    )
    return list(waiting.values_list("pk", flat=True))


def find_crossing(answer: Message, ticket: Ticket, inbox_before: list[int]) -> Message | None:
    """Return the first message of a mail that has crossed an answer; None if none has.

    ticket: the answer's, locked with its requester. inbox_before: as the answer's mails have it.
    """
    requester = ticket.requester
    is_theirs = Q(ticket__requester=requester, sender_email="")
    is_in_merged = Q(ticket=ticket.merged_into_id, sender_email__in=_spellings(requester))
    later = Message.objects.filter(
        is_theirs | is_in_merged,
        sender_type=Message.SenderType.USER,
        origin__kind=MailKind.PERSON,
        created_at__gt=answer.created_at,
    )
    crossing = later.exclude(origin__inbox__in=inbox_before).select_related("ticket__requester")
    return crossing.order_by("created_at", "pk").first()


def _spellings(requester: Requester) -> set[str]:
    return {requester.email, requester.canonical_email or requester.email}
