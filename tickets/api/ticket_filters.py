"""Filters of the ticket list and of its counts; all that are given apply together."""

import re
from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from operators.authentication import current_operator
from operators.mailboxes import canonical_address
from operators.models import MAX_OPERATOR_ID, Operator
from tickets.api.fields import PRIORITY_NAMES
from tickets.api.filters import ChoiceFilter, SearchFilter, TimeFilter, YesNoFilter
from tickets.models import (
    OPEN,
    TAG_CHARACTERS,
    Participant,
    Priority,
    Requester,
    Status,
    Ticket,
    WaitingOn,
)
from tickets.search.conditions import for_query
from tickets.tags import spell_tag

# The statuses of the tickets in each queue.
QUEUES: dict[str, Sequence[Status]] = {
    "new": [Status.NEW],
    "mine": [Status.IN_PROGRESS],
    "waiting": OPEN,
    "open": OPEN,
    "snoozed": list(Status),  # a closed one is never snoozed
    "needs_attention": list(Status),
}


def in_queue(tickets: QuerySet[Ticket], queue: str, operator: Operator) -> QuerySet[Ticket]:
    """Return those of the tickets that are in a queue of an operator."""
    conditions: dict[str, dict[str, Any]] = {
        "new": {"snoozed_until": None},
        "mine": {"snoozed_until": None, "operator": operator},
        "waiting": {"snoozed_until": None, "waiting_on": WaitingOn.OPERATOR},
        "open": {"snoozed_until": None},
        "snoozed": {"snoozed_until__isnull": False},
        "needs_attention": {"needs_attention": True},
    }
    if len(QUEUES[queue]) < len(Status):
        tickets = tickets.filter(status__in=QUEUES[queue])
    return tickets.filter(**conditions[queue])


class OperatorField(forms.CharField):
    """An operator's id, `me` or `none`."""

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        if text in ("", "me", "none"):
            return text
        if not re.fullmatch(r"[0-9]{1,19}", text):
            raise ValidationError(_("Must be an operator's id, me or none."))
        return int(text)


class OperatorFilter(django_filters.Filter):
    field_class = OperatorField


class TagsField(forms.Field):
    """Tags, each in a parameter of its own."""

    widget = forms.SelectMultiple  # it reads all parameters of the name

    def to_python(self, value: Sequence[str] | None) -> list[str]:
        tag = forms.CharField(required=False, max_length=TAG_CHARACTERS)
        cleaned = [tag.clean(spell_tag(text)) for text in value or ()]
        return [text for text in cleaned if text]


class TagsFilter(django_filters.Filter):
    """A filter by tags, of which a ticket has all."""

    field_class = TagsField
    is_repeated = True

    def filter(self, qs: QuerySet[Ticket], value: list[str]) -> QuerySet[Ticket]:
        # PostgreSQL does not conclude from the first that ticket_by_tag holds all of them.
        return qs.filter(~Q(tags=[]), tags__contains=value) if value else qs


class TicketFilter(django_filters.FilterSet):
    """Filters of the ticket list."""

    status = ChoiceFilter(choices=Status.choices)
    queue = ChoiceFilter(
        choices=[(name, name) for name in QUEUES],
        method="filter_queue",
        help_text="`waiting` is what waits for an operator. Only `snoozed` and `needs_attention`"
        " have snoozed requests.",
    )
    search = SearchFilter(
        method="filter_search",
        help_text="Several words: all of them, anywhere in the title, messages and notes;"
        ' `"a phrase"` word by word within one message; `-without`; `prefix*`; `#12`, that'
        " request alone; part of an address or name. At most 500 characters and 20 words. By"
        " default the newest requests come first, and each hit has a `snippet`.",
    )
    operator = OperatorFilter(
        method="filter_operator", help_text="Who holds it: an operator's id, `me`, or `none`."
    )
    requester = django_filters.CharFilter(
        method="filter_requester", help_text="The requester's address."
    )
    participant = django_filters.CharFilter(
        method="filter_participant", help_text="The address of somebody in copy."
    )
    tag = TagsFilter(help_text="A tag that it has; of several all.")
    priority = ChoiceFilter(
        choices=[(name, name) for name in PRIORITY_NAMES], method="filter_priority"
    )
    waiting_on = ChoiceFilter(choices=WaitingOn.choices, method="filter_waiting_on")
    snoozed = YesNoFilter(method="filter_snoozed")
    needs_attention = YesNoFilter()
    created_after = TimeFilter(
        field_name="created_at",
        lookup_expr="gte",
        help_text="This time or later, with its offset from UTC.",
    )
    created_before = TimeFilter(
        field_name="created_at",
        lookup_expr="lte",
        help_text="This time or earlier, with its offset from UTC.",
    )
    updated_after = TimeFilter(
        field_name="updated_at",
        lookup_expr="gte",
        help_text="This time or later, with its offset from UTC.",
    )
    updated_before = TimeFilter(
        field_name="updated_at",
        lookup_expr="lte",
        help_text="This time or earlier, with its offset from UTC.",
    )

    class Meta:
        model = Ticket
        fields = ["status", "needs_attention"]

    def filter_queue(self, queryset: QuerySet[Ticket], name: str, queue: str) -> QuerySet[Ticket]:
        return in_queue(queryset, queue, current_operator(self.request))

    def filter_search(self, queryset: QuerySet[Ticket], name: str, text: str) -> QuerySet[Ticket]:
        return queryset.filter(for_query(text))

    def filter_operator(
        self, queryset: QuerySet[Ticket], name: str, operator: str | int
    ) -> QuerySet[Ticket]:
        if operator == "none":  # only a new ticket has none
            return queryset.filter(status=Status.NEW, operator=None)
        if operator == "me":
            operator = current_operator(self.request).pk
        if int(operator) > MAX_OPERATOR_ID:
            return queryset.none()
        return queryset.filter(status__in=[Status.IN_PROGRESS, Status.CLOSED], operator_id=operator)

    def filter_requester(
        self, queryset: QuerySet[Ticket], name: str, address: str
    ) -> QuerySet[Ticket]:
        """Compare the copy of the address in the ticket, which the list has an index for."""
        canonical = canonical_address(address)
        requesters = Requester.objects.filter(
            Q(email=address.lower()) | Q(canonical_email=canonical)
        )
        emails = list(requesters.values_list("email", flat=True))
        return queryset.filter(requester_email__in=emails) if emails else queryset.none()

    def filter_participant(
        self, queryset: QuerySet[Ticket], name: str, address: str
    ) -> QuerySet[Ticket]:
        present = Participant.objects.filter(
            canonical_email=canonical_address(address), is_removed=False
        )
        return queryset.filter(pk__in=present.values("ticket"))

    def filter_priority(
        self, queryset: QuerySet[Ticket], name: str, priority: str
    ) -> QuerySet[Ticket]:
        return queryset.filter(priority=Priority[priority.upper()])

    def filter_waiting_on(
        self, queryset: QuerySet[Ticket], name: str, waiting_on: str
    ) -> QuerySet[Ticket]:
        return queryset.filter(status__in=OPEN, waiting_on=waiting_on)

    def filter_snoozed(
        self, queryset: QuerySet[Ticket], name: str, snoozed: bool
    ) -> QuerySet[Ticket]:
        if snoozed:
            return queryset.filter(snoozed_until__isnull=False)
        return queryset.filter(snoozed_until=None)
