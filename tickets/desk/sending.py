"""Send an answer from the desk, and take one back into the composer."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from operators.models import Operator
from tickets import services
from tickets.changes import lock_ticket
from tickets.drafts import save_draft
from tickets.models import MESSAGE_EVENTS, Attachment, Draft, Message, Ticket
from tickets.replies import withdraw_reply

# So long an ordinary answer waits, in which it can be taken back.
UNDO = timedelta(seconds=10)
MOST_MISSED = 20


class WroteMeanwhileError(Exception):
    """Somebody has written in the ticket since the page was made that the answer was written on."""


def missed_messages(ticket: Ticket, *, since: int, by: Operator) -> QuerySet[Message]:
    """Return the messages that came after a version of the ticket, but for the operator's own."""
    came = ticket.history.filter(version__gt=since, event__in=MESSAGE_EVENTS)
    messages = ticket.messages.filter(pk__in=came.values("message"))
    return messages.exclude(operator=by).defer("html").order_by("number")[:MOST_MISSED]


@transaction.atomic
def send_answer(
    *,
    ticket_id: int,
    by: Operator,
    seen: int | None,
    title: str,
    text: str,
    file_ids: Sequence[int],
    cc: Collection[str] | None,
    send_at: datetime | None,
    close: bool,
) -> Message:
    """Send an answer, and take the ticket if nobody holds it.

    seen: the ticket's version on the page that the answer was written on. Other changes than
    messages are no reason to ask again.
    Raises `WroteMeanwhileError`, and what `services.reply` raises.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    if seen is not None and missed_messages(ticket, since=seen, by=by):
        raise WroteMeanwhileError
    if send_at is None and not close:
        send_at = timezone.now() + UNDO
    return services.reply(
        ticket_id=ticket_id,
        by=by,
        title=title,
        text=text,
        file_ids=file_ids,
        cc=cc,
        send_at=send_at,
        hold_if_crossed=True,
        take=ticket.operator_id is None,
        close=close,
    )


@transaction.atomic
def take_back(
    *, ticket_id: int, message_id: int, by: Operator, version: int | None = None
) -> Draft | None:
    """Withdraw an answer, and make an own one the operator's draft again, with its files.

    What the operator has begun to write since then stays below it.
    version: which the ticket must have; None for any.
    Raises `Http404`, `StaleVersion`, `NotAnAnswer`, and a conflict if all of it has left.
    """
    message = withdraw_reply(ticket_id=ticket_id, message_id=message_id, by=by, version=version)
    if message.operator_id != by.pk:
        return None
    begun = Draft.objects.filter(ticket=ticket_id, operator=by).first()
    texts = [message.text, begun.text if begun else ""]
    return save_draft(
        ticket_id=ticket_id,
        by=by,
        title=message.title,
        text="\n\n".join(text for text in texts if text.strip()),
        file_ids=[*_uploaded_again(message, by), *(begun.files if begun else [])],
    )


def latest_to_undo(ticket: Ticket, *, by: Operator) -> tuple[Message, datetime] | None:
    """Return the operator's answer that is about to leave, and when it does."""
    now = timezone.now()
    latest = ticket.messages.filter(
        operator=by, created_at__gt=now - UNDO, delivery__state="queued"
    ).defer("html")
    for message in latest.order_by("-number")[:1]:
        written = (message.delivery or {}).get("send_at")
        at = datetime.fromisoformat(written) if written else now
        if now < at <= now + UNDO:
            return message, at
    return None


def _uploaded_again(message: Message, by: Operator) -> list[int]:
    """Make uploads of a withdrawn message's files, which stay with it, and return their ids."""
    copies = [
        Attachment(
            ticket_id=message.ticket_id,
            blob_id=file.blob_id,
            name=file.name,
            claimed_type=file.claimed_type,
            uploaded_by=by,
            created_at=timezone.now(),
        )
        for file in message.attachments.order_by("position")
    ]
    return [file.pk for file in Attachment.objects.bulk_create(copies)]
