"""What each operator has seen of a ticket, and so which tickets have something new for them."""

from collections.abc import Sequence

from django.db.models import Exists, FilteredRelation, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from operators.models import Operator
from tickets.models import OPEN, Message, SeenTicket, Ticket


def mark_seen(ticket: Ticket, operator: Operator, *, message_count: int | None = None) -> int:
    """Remember that an operator has seen the first messages of a ticket; return how many.

    message_count: how many, at most as many as the ticket has; by default all that the instance
    knows of, not those that came after it was read, unless they were seen already, as on another
    page. 0 makes the ticket unread again.
    What is remembered already is not written again, so that a page can call this each time.
    """
    wanted = ticket.message_count if message_count is None else message_count
    count = min(wanted, ticket.message_count)
    seen = SeenTicket.objects.filter(ticket=ticket, operator=operator)
    is_known = Q(message_count=count) if message_count is not None else Q(message_count__gte=count)
    if not seen.filter(is_known).exists():
        SeenTicket.objects.bulk_create(
            [
                SeenTicket(
                    ticket=ticket, operator=operator, message_count=count, seen_at=timezone.now()
                )
            ],
            update_conflicts=True,
            unique_fields=["ticket", "operator"],
            update_fields=["message_count", "seen_at"],
        )
    return count


def mark_unread(tickets: Sequence[Ticket], operator: Operator) -> None:
    """Set `unread` of each ticket: whether it has a message that an operator has not seen.

    It is one of a requester or participant in an open ticket. Quiet messages, such as automatic
    replies, do not count: nobody has to answer them. Who has written an answer has seen all before.
    """
    own = Message.objects.filter(
        ticket=OuterRef("ticket"), number__gt=OuterRef("number"), operator=operator
    )
    mine = FilteredRelation("seen", condition=Q(seen__operator=operator))
    new = Message.objects.filter(
        ~Exists(own),
        ticket=OuterRef("pk"),
        number__gt=Coalesce(OuterRef("mine__message_count"), 0),
        sender_type=Message.SenderType.USER,
        is_quiet=False,
    )
    open_ids = [ticket.pk for ticket in tickets if ticket.status in OPEN]
    unread = Ticket.objects.alias(mine=mine).filter(Exists(new), pk__in=open_ids)
    ids = set(unread.values_list("pk", flat=True)) if open_ids else set()
    for ticket in tickets:
        ticket.unread = ticket.pk in ids  # type: ignore[attr-defined]  # for the page
