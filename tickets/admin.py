"""Tickets and requesters in the Django admin; only the API changes them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Left
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tickets import desk_admin  # noqa: F401 - Django looks for an app's pages here
from tickets.admin_display import (
    NOTHING,
    format_age,
    format_time,
    link,
    multiline,
    shorten,
    table,
)
from tickets.models import HistoryEntry, Requester, Ticket
from tickets.read_only_admin import AgeFilter, ReadOnlyAdmin, age_column

# Limits of one page: a ticket may have thousands of messages, with long texts.
MAX_ROWS = 100
MAX_TEXT_CHARACTERS = 20_000


class HolderFilter(admin.RelatedFieldListFilter):
    """Filters tickets by the operator who has taken them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("operator")  # the model's field has no translated name


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin[Ticket]):
    """A ticket's page shows its latest messages and its history."""

    state_field = "status"
    age_field = "updated_at"
    list_display = [
        *("id", "subject", "address", "status", "priority"),
        *("holder", "message_count", "age", "attention"),
    ]
    list_display_links = ["id", "subject"]
    list_filter = ["status", "priority", "needs_attention", AgeFilter, ("operator", HolderFilter)]
    search_fields = ["=id", "title", "requester__email", "requester__name"]
    ordering = ["-updated_at"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("id", "title", "written_by", "status", "holder_link", "answers", "attention"),
                    *("priority", "tags", "waiting_on", "waiting_since", "snoozed_until"),
                    *("message_count", "created_at", "updated_at"),
                ]
            },
        ),
        (_("people and merges"), {"fields": ["in_copy", "merged_into", "merged_from"]}),
        (_("messages"), {"fields": ["conversation"]}),
        (_("history"), {"fields": ["steps"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        rows = super().get_queryset(request).select_related("requester", "operator")
        return rows.defer("description")

    @admin.display(ordering="title", description=_("title"))
    def subject(self, ticket: Ticket) -> str:
        return shorten(ticket.title) or NOTHING

    @admin.display(ordering="requester__email", description=_("address"))
    def address(self, ticket: Ticket) -> str:
        return ticket.requester.email

    @admin.display(ordering="operator__name", description=_("operator"))
    def holder(self, ticket: Ticket) -> str:
        return str(ticket.operator or NOTHING)

    age = age_column("updated_at")

    @admin.display(ordering="needs_attention", description=_("needs attention"))
    def attention(self, ticket: Ticket) -> str:
        # Not a boolean column: Django would show a green tick for a ticket that needs attention.
        return gettext("yes") if ticket.needs_attention else NOTHING

    @admin.display(description=_("requester"))
    def written_by(self, ticket: Ticket) -> str:
        requester = ticket.requester
        text = f"{requester.name} <{requester.email}>" if requester.name else requester.email
        return link("tickets_requester", requester.pk, text)

    @admin.display(description=_("operator"))
    def holder_link(self, ticket: Ticket) -> str:
        return link("operators_operator", ticket.operator_id, str(ticket.operator))

    @admin.display(description=_("answers"))
    def answers(self, ticket: Ticket) -> str:
        return link("tickets_ticket", ticket.previous_id, f"#{ticket.previous_id}")

    @admin.display(description=_("participants"))
    def in_copy(self, ticket: Ticket) -> str:
        people = ticket.participants.filter(is_removed=False).order_by("pk")
        rows = ((link("tickets_participant", row.pk, row.email), row.name) for row in people)
        return table(rows)

    @admin.display(description=_("merged from"))
    def merged_from(self, ticket: Ticket) -> str:
        merged = ticket.merged.order_by("pk").values_list("pk", flat=True)[:MAX_ROWS]
        links = ((link("tickets_ticket", pk, f"#{pk}"),) for pk in merged)
        return format_html_join(", ", "{}", links) or NOTHING

    @admin.display(description=_("messages"))
    def conversation(self, ticket: Ticket) -> str:
        latest = (
            ticket.messages.select_related("operator")
            .prefetch_related("attachments")
            .defer("html", "segments", "text")
            .annotate(beginning=Left("text", MAX_TEXT_CHARACTERS + 1))
            .order_by("-number")[:MAX_ROWS]
        )
        shown = format_html_join(
            "", "{}", ((_message(message, ticket.requester),) for message in reversed(latest))
        )
        return format_html("{}{}", _omitted(ticket.message_count), shown)

    @admin.display(description=_("history"))
    def steps(self, ticket: Ticket) -> str:
        entries = ticket.history.select_related("operator").order_by("-id")[:MAX_ROWS]
        rows = (
            (
                format_time(entry.created_at),
                entry.get_event_display(),
                _actor(entry),
                entry.get_status_before_display() or NOTHING,
                entry.get_status_after_display(),
            )
            for entry in reversed(entries)
        )
        return table(rows, headings=[_("at"), _("event"), _("who"), _("from"), _("to")])


@admin.register(Requester)
class RequesterAdmin(ReadOnlyAdmin[Requester]):
    """A requester's page lists their latest tickets."""

    list_display = ["id", "email", "name", "ticket_count", "created_at"]
    list_display_links = ["id", "email"]
    search_fields = ["=id", "email", "name"]
    fieldsets = [
        (None, {"fields": ["id", "email", "name", "note", "created_at"]}),
        (_("tickets"), {"fields": ["tickets"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Requester]:
        # A subquery counts for the rows of one page; GROUP BY would count for the whole table.
        tickets = Ticket.objects.filter(requester=OuterRef("pk")).order_by().values("requester")
        count = Subquery(tickets.values(count=Count("pk")), output_field=IntegerField())
        return super().get_queryset(request).annotate(ticket_count=Coalesce(count, 0))

    @admin.display(description=_("tickets"))
    def ticket_count(self, requester: Any) -> int:
        return int(requester.ticket_count)

    @admin.display(description=_("tickets"))
    def tickets(self, requester: Requester) -> str:
        rows = (
            (
                link("tickets_ticket", ticket.pk, f"#{ticket.pk}"),
                shorten(ticket.title) or NOTHING,
                ticket.get_status_display(),
                format_age(ticket.updated_at),
            )
            for ticket in requester.tickets.defer("description").order_by("-id")[:MAX_ROWS]
        )
        return table(rows, headings=["№", _("title"), _("status"), _("age")])


def _actor(entry: HistoryEntry) -> str:
    if entry.operator:
        return str(entry.operator)
    return gettext("system") if entry.is_system else entry.actor_email or gettext("requester")


def _message(message: Any, requester: Requester) -> SafeString:
    """Return a message with its text, the names of its files and the state of its delivery.

    message: annotated with `beginning`, the beginning of its text.
    """
    text = message.beginning
    if len(text) > MAX_TEXT_CHARACTERS:
        text = f"{text[:MAX_TEXT_CHARACTERS]}…"
    sender = message.operator or message.sender_name or message.sender_email or requester.email
    delivery = message.delivery or {}
    notes = [
        (gettext("files"), ", ".join(file.name for file in message.attachments.all())),
        # The models of mailing have the translations of these states.
        (gettext("delivery"), gettext(delivery["state"]) if delivery else ""),
        (gettext("reason"), delivery.get("reason")),
    ]
    return format_html(
        '<article class="message" id="message-{}"><h3>{} · {} · {}</h3>'
        "<div><strong>{}</strong></div>{}{}</article>",
        message.number,
        str(message),
        sender,
        format_time(message.written_at),
        message.title,
        multiline(text),
        format_html_join("", "<p>{}: {}</p>", (note for note in notes if note[1])),
    )


def _omitted(count: int) -> str:
    if count <= MAX_ROWS:
        return ""
    text = gettext("Shown are the latest %(shown)d of %(count)d; the API has them all.")
    return format_html("<p>{}</p>", text % {"shown": MAX_ROWS, "count": count})
