"""Inbox and outbox in the Django admin: to look at, with the same hand on them as in the API.

Addresses are abbreviated here, and a mail server's words are left to the API: they may repeat
anything.
"""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mailing.exceptions import NotAllowedForThisMail
from mailing.inbound import replay
from mailing.models import (
    InboundEmail,
    MutedMailbox,
    OutboundEmail,
    OutboxPause,
)
from mailing.monitoring_models import Gap, Heartbeat, Outage
from mailing.outbound import supervision
from operators.authentication import current_operator
from operators.masking import abbreviated, mask_addresses
from tickets.admin import ReadOnly

_EXCEPTION = re.compile(r"\b(\w+(?:Error|Exception|Warning)): .*", re.DOTALL)


@admin.register(InboundEmail)
class InboundAdmin(ReadOnly, admin.ModelAdmin[InboundEmail]):
    list_display = ["id", "received_at", "from_whom", "state", "kind", "why", "ticket"]
    list_filter = ["state", "kind"]
    search_fields = ["=external_id", "=requester_address"]
    fields = [
        *("id", "source", "external_id", "thread_id", "size", "from_whom", "state", "kind", "why"),
        *("trace", "ticket", "message", "as_import", "attempts", "store_failures"),
        *("next_attempt_at", "internal_date", "received_at", "processed_at"),
    ]
    actions = ["replay_mail"]

    @admin.display(ordering="requester_address", description=_("sender"))
    def from_whom(self, inbound: InboundEmail) -> str:
        return abbreviated(inbound.requester_address)

    @admin.display(description=_("reason"))
    def why(self, inbound: InboundEmail) -> str:
        # Without an exception's words, which may repeat the mail.
        return mask_addresses(_EXCEPTION.sub(r"\1", inbound.reason))

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundEmail]:
        return super().get_queryset(request).defer("raw")

    @admin.action(description=_("Work once more"))
    def replay_mail(self, request: HttpRequest, queryset: QuerySet[InboundEmail]) -> None:
        _each(self, request, queryset, lambda pk: replay.replay(inbound_id=pk))


@admin.register(OutboundEmail)
class OutboundAdmin(ReadOnly, admin.ModelAdmin[OutboundEmail]):
    list_display = ["id", "created_at", "kind", "to_whom", "state", "smtp_code", "ticket"]
    list_filter = ["state", "kind"]
    search_fields = ["=recipient", "=message_id_header"]
    fields = [
        *("id", "kind", "to_whom", "state", "smtp_code", "ticket", "message", "message_id_header"),
        *("attempts", "uncertain_attempts", "next_attempt_at", "trace"),
        *("created_at", "first_attempt_at", "sent_at"),
    ]
    actions = ["send_again", "give_up"]

    @admin.display(ordering="recipient", description=_("recipient"))
    def to_whom(self, outbound: OutboundEmail) -> str:
        return abbreviated(outbound.recipient)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboundEmail]:
        return super().get_queryset(request).defer("content")

    @admin.action(description=_("Send again"))
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboundEmail]) -> None:
        _each(
            self,
            request,
            queryset,
            lambda pk: supervision.retry(outbound_id=pk, by=current_operator(request)),
        )

    @admin.action(description=_("Give up"))
    def give_up(self, request: HttpRequest, queryset: QuerySet[OutboundEmail]) -> None:
        _each(
            self,
            request,
            queryset,
            lambda pk: supervision.cancel(outbound_id=pk, by=current_operator(request)),
        )


@admin.register(MutedMailbox)
class MutedMailboxAdmin(ReadOnly, admin.ModelAdmin[MutedMailbox]):
    """Deleting one lets it get notices again before it has written."""

    list_display = ["id", "whose", "since"]
    search_fields = ["=mailbox"]
    fields = ["whose", "since"]

    @admin.display(ordering="mailbox", description=_("mailbox"))
    def whose(self, muted: MutedMailbox) -> str:
        return abbreviated(muted.mailbox)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(OutboxPause)
class OutboxPauseAdmin(ReadOnly, admin.ModelAdmin[OutboxPause]):
    """Deleting the pause makes the workers try the mail server at once."""

    list_display = ["since", "what", "failures", "until"]
    fields = ["since", "what", "failures", "until"]

    @admin.display(description=_("reason"))
    def what(self, pause: OutboxPause) -> str:
        # Our own words; the server's stand behind them.
        return pause.reason.partition(":")[0]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly, admin.ModelAdmin[Heartbeat]):
    list_display = ["name", "at"]


@admin.register(Gap)
class GapAdmin(ReadOnly, admin.ModelAdmin[Gap]):
    list_display = ["external_id", "missing_since", "last_missed_at", "closed_at"]
    search_fields = ["=external_id"]


@admin.register(Outage)
class OutageAdmin(ReadOnly, admin.ModelAdmin[Outage]):
    list_display = ["id", "code", "began_at", "ended_at"]
    list_filter = ["code"]
    fields = ["code", "began_at", "told_at", "ended_at", "end_told_at"]


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
