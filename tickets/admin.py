"""Tickets in the Django admin: to look at; they change through the API alone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

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
    fields = ["sender_type", "operator", "title", "text", "written_at", "delivery", "origin"]


class HistoryInline(ReadOnly, admin.TabularInline[HistoryEntry, Ticket]):
    model = HistoryEntry
    extra = 0
    fields = ["created_at", "event", "operator", "status_before", "status_after"]


@admin.register(Ticket)
class TicketAdmin(ReadOnly, admin.ModelAdmin[Ticket]):
    list_display = [
        "id",
        "title",
        "status",
        "requester_email",
        "operator",
        "updated_at",
        "needs_attention",
    ]
    list_filter = ["status", "needs_attention"]
    list_select_related = ["requester", "operator"]
    search_fields = ["=id", "title", "requester__email"]
    fields = [
        "requester",
        "requester_email",
        "title",
        "description",
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
        return ticket.requester.email


@admin.register(Requester)
class RequesterAdmin(ReadOnly, admin.ModelAdmin[Requester]):
    list_display = ["id", "email", "name", "created_at"]
    search_fields = ["email", "name"]
