"""Tickets in the Django admin: to look at; they change through the API alone.

Whose they are and what they say is read by the API, too: here stand ids, states, times and links.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from operators.masking import abbreviated
from tickets.models import HistoryEntry, Message, Requester, Ticket


class ReadOnly:
    """Show rows and change none: history, numbering and notices depend on the services."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MessageInline(ReadOnly, admin.StackedInline[Message, Ticket]):
    model = Message
    extra = 0
    ordering = ["number"]
    fields = ["sender_type", "operator", "written_at", "delivery_state"]
    readonly_fields = ["delivery_state"]

    @admin.display(description=_("delivery"))
    def delivery_state(self, message: Message) -> str:
        return str((message.delivery or {}).get("state", ""))


class HistoryInline(ReadOnly, admin.TabularInline[HistoryEntry, Ticket]):
    model = HistoryEntry
    extra = 0
    fields = ["created_at", "event", "operator", "status_before", "status_after"]


@admin.register(Ticket)
class TicketAdmin(ReadOnly, admin.ModelAdmin[Ticket]):
    list_display = [
        "id",
        "status",
        "requester_email",
        "message_count",
        "operator",
        "updated_at",
        "needs_attention",
    ]
    list_filter = ["status", "needs_attention"]
    list_select_related = ["requester", "operator"]
    search_fields = ["=id", "=requester__email"]
    fields = [
        "requester",
        "requester_email",
        "status",
        "operator",
        "previous",
        "message_count",
        "needs_attention",
        "created_at",
        "updated_at",
    ]
    inlines = [MessageInline, HistoryInline]

    @admin.display(ordering="requester__email", description=_("address"))
    def requester_email(self, ticket: Ticket) -> str:
        return abbreviated(ticket.requester.email)


@admin.register(Requester)
class RequesterAdmin(ReadOnly, admin.ModelAdmin[Requester]):
    list_display = ["id", "abbreviated_email", "created_at"]
    search_fields = ["=id", "=email"]
    fields = ["abbreviated_email", "created_at"]

    @admin.display(ordering="email", description=_("address"))
    def abbreviated_email(self, requester: Requester) -> str:
        return abbreviated(requester.email)
