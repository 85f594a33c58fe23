"""Inbox and outbox in the Django admin: to look at, with the same hand on them as in the API."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mailing import replay, resend
from mailing.exceptions import NotAllowedForThisMail
from mailing.models import (
    Gap,
    InboundEmail,
    MutedMailbox,
    Outage,
    OutboundEmail,
    OutboxPause,
    Pulse,
)
from operators.authentication import signed_in
from tickets.admin import ReadOnly


@admin.register(InboundEmail)
class InboundAdmin(ReadOnly, admin.ModelAdmin[InboundEmail]):
    list_display = ["id", "received_at", "sender", "state", "kind", "reason", "ticket"]
    list_filter = ["state", "kind"]
    search_fields = ["=external_id", "sender"]
    exclude = ["raw"]
    actions = ["replay_mail"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundEmail]:
        return super().get_queryset(request).defer("raw")

    @admin.action(description=_("Work once more"))
    def replay_mail(self, request: HttpRequest, queryset: QuerySet[InboundEmail]) -> None:
        _each(self, request, queryset, lambda pk: replay.replay(inbound_id=pk))


@admin.register(OutboundEmail)
class OutboundAdmin(ReadOnly, admin.ModelAdmin[OutboundEmail]):
    list_display = ["id", "created_at", "kind", "recipient", "state", "smtp_code", "reason"]
    list_filter = ["state", "kind"]
    search_fields = ["recipient", "=message_id_header"]
    exclude = ["content"]
    actions = ["send_again", "give_up"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboundEmail]:
        return super().get_queryset(request).defer("content")

    @admin.action(description=_("Send again"))
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboundEmail]) -> None:
        _each(
            self, request, queryset, lambda pk: resend.retry(outbound_id=pk, by=signed_in(request))
        )

    @admin.action(description=_("Give up"))
    def give_up(self, request: HttpRequest, queryset: QuerySet[OutboundEmail]) -> None:
        _each(
            self,
            request,
            queryset,
            lambda pk: resend.cancel(outbound_id=pk, by=signed_in(request)),
        )


@admin.register(MutedMailbox)
class MutedMailboxAdmin(ReadOnly, admin.ModelAdmin[MutedMailbox]):
    """Deleting one lets it get notices again before it has written."""

    list_display = ["mailbox", "since", "reason"]
    search_fields = ["mailbox"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(OutboxPause)
class OutboxPauseAdmin(ReadOnly, admin.ModelAdmin[OutboxPause]):
    """Deleting the pause makes the workers try the mail server at once."""

    list_display = ["since", "reason", "failures", "until"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(Pulse)
class PulseAdmin(ReadOnly, admin.ModelAdmin[Pulse]):
    list_display = ["name", "at"]


@admin.register(Gap)
class GapAdmin(ReadOnly, admin.ModelAdmin[Gap]):
    list_display = ["external_id", "missing_since", "last_missed_at", "closed_at"]
    search_fields = ["=external_id"]


@admin.register(Outage)
class OutageAdmin(ReadOnly, admin.ModelAdmin[Outage]):
    list_display = ["code", "began_at", "ended_at", "reason"]
    list_filter = ["code"]


def _each(
    page: Any, request: HttpRequest, queryset: QuerySet[Any], do: Callable[[int], Model]
) -> None:
    """Do it with each row, and say for how many it was not allowed."""
    done, refused = 0, []
    for pk in queryset.values_list("pk", flat=True):
        try:
            do(pk)
            done += 1
        except NotAllowedForThisMail as error:
            refused.append(f"{pk}: {error.detail}")
    page.message_user(request, _("Done for %(count)d.") % {"count": done})
    if refused:
        page.message_user(request, "; ".join(refused[:10]), level=messages.WARNING)
