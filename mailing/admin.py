"""Inbox and outbox in the Django admin: all but the mails' bytes, and the API's actions on mail."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mailing import monitoring_admin  # noqa: F401 - Django looks for an app's pages here
from mailing.admin_tables import (
    parse_table,
    parsed_subject,
    replay_table,
    report_table,
    timeline_table,
)
from mailing.exceptions import NotAllowedForThisMail
from mailing.inbound import replay
from mailing.models import Block, InboundEmail, MutedMailbox, OutboundEmail, OutboxPause
from mailing.outbound import supervision
from operators.authentication import current_operator
from tickets.admin_display import NOTHING, link, multiline, shorten
from tickets.read_only_admin import AgeFilter, ReadOnlyAdmin, age_column

Mail = TypeVar("Mail", InboundEmail, OutboundEmail)

# Columns of a mail's ticket and message that may be long and that no page of a mail shows.
_LONG_COLUMNS = ("ticket__description", "message__text", "message__html", "message__segments")


class MailAdmin(ReadOnlyAdmin[Mail]):
    """What the pages of inbox and outbox have in common.

    bytes_column: the column with the mail's bytes, which no page shows.
    """

    bytes_column = ""
    state_field = "state"
    list_display_links = ["id", "subject"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("ticket", "message")
        return rows.defer(self.bytes_column, *_LONG_COLUMNS)

    def whole_subject(self, mail: Mail) -> str:
        """Return a mail's subject, or a dash."""
        raise NotImplementedError

    @admin.display(description=_("subject"))
    def subject(self, mail: Mail) -> str:
        return shorten(self.whole_subject(mail))

    @admin.display(ordering="ticket", description=_("ticket"))
    def ticket_link(self, mail: Mail) -> str:
        return link("tickets_ticket", mail.ticket_id, f"#{mail.ticket_id}")

    @admin.display(description=_("message"))
    def message_link(self, mail: Mail) -> str:
        message = mail.message
        if message is None:
            return NOTHING
        anchor = f"message-{message.number}"
        return link("tickets_ticket", message.ticket_id, str(message), anchor=anchor)

    @admin.display(description=_("reason"))
    def whole_reason(self, mail: Mail) -> str:
        return multiline(mail.reason)


@admin.register(InboundEmail)
class InboundAdmin(MailAdmin[InboundEmail]):
    bytes_column = "raw"
    age_field = "received_at"
    list_display = [
        *("id", "subject", "requester_address", "state", "kind", "short_reason", "age"),
        "ticket_link",
    ]
    list_filter = ["state", "kind", AgeFilter, "source"]
    search_fields = [
        *("=id", "=ticket__id", "parse__subject", "requester_address", "external_id"),
        *("thread_id", "message_id_header"),
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("id", "whole_subject", "requester_address", "state", "kind", "whole_reason"),
                    *("ticket_link", "message_link"),
                ]
            },
        ),
        (_("what the parser understood"), {"fields": ["understood", "changed_by_replay"]}),
        (
            _("progress"),
            {
                "fields": [
                    *("attempts", "store_failures", "next_attempt_at", "as_import", "as_person"),
                    *("internal_date", "received_at", "processed_at"),
                ]
            },
        ),
        (
            _("origin"),
            {
                "fields": [
                    *("source", "external_id", "thread_id", "message_id_header", "size", "trace"),
                ]
            },
        ),
    ]
    actions = ["replay_mail"]

    @admin.display(description=_("subject"))
    def whole_subject(self, inbound: InboundEmail) -> str:
        return parsed_subject(inbound) or NOTHING

    @admin.display(ordering="reason", description=_("reason"))
    def short_reason(self, inbound: InboundEmail) -> str:
        return shorten(inbound.reason)

    age = age_column("received_at")

    @admin.display(description=_("parse"))
    def understood(self, inbound: InboundEmail) -> str:
        return parse_table(inbound)

    @admin.display(description=_("changed by the last replay"))
    def changed_by_replay(self, inbound: InboundEmail) -> str:
        return replay_table(inbound)

    @admin.action(description=_("Process again"))
    def replay_mail(self, request: HttpRequest, queryset: QuerySet[InboundEmail]) -> None:
        _act_on_each(self, request, queryset, lambda pk: replay.replay(inbound_id=pk))


@admin.register(OutboundEmail)
class OutboundAdmin(MailAdmin[OutboundEmail]):
    bytes_column = "content"
    age_field = "created_at"
    list_display = [
        *("id", "subject", "recipient", "kind", "state", "smtp_code", "age", "ticket_link"),
    ]
    list_filter = ["state", "kind", AgeFilter]
    search_fields = [
        *("=id", "=ticket__id", "ticket__title", "message__title", "recipient", "=smtp_code"),
        "message_id_header",
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("id", "whole_subject", "recipient", "kind", "state", "whole_reason"),
                    *("ticket_link", "message_link"),
                ]
            },
        ),
        (_("progress"), {"fields": ["smtp_code", "server_reply", "states", "report"]}),
        (
            _("attempts"),
            {
                "fields": [
                    *("attempts", "uncertain_attempts", "next_attempt_at", "created_at"),
                    *("first_attempt_at", "last_attempt_at", "sent_at"),
                ]
            },
        ),
        (_("origin"), {"fields": ["message_id_header", "trace"]}),
    ]
    actions = ["send_again", "give_up"]

    @admin.display(description=_("subject"))
    def whole_subject(self, outbound: OutboundEmail) -> str:
        """Return the title of the operator's message; of a notice, the title of its ticket."""
        shown = outbound.message or outbound.ticket
        return (shown.title if shown else "") or NOTHING

    age = age_column("created_at")

    @admin.display(description=_("SMTP reply"))
    def server_reply(self, outbound: OutboundEmail) -> str:
        return multiline(outbound.smtp_reply)

    @admin.display(description=_("timeline"))
    def states(self, outbound: OutboundEmail) -> str:
        return timeline_table(outbound)

    @admin.display(description=_("delivery report"))
    def report(self, outbound: OutboundEmail) -> str:
        return report_table(outbound)

    @admin.action(description=_("Send again"))
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboundEmail]) -> None:
        by = current_operator(request)
        _act_on_each(self, request, queryset, lambda pk: supervision.retry(outbound_id=pk, by=by))

    @admin.action(description=_("Give up"))
    def give_up(self, request: HttpRequest, queryset: QuerySet[OutboundEmail]) -> None:
        by = current_operator(request)
        _act_on_each(self, request, queryset, lambda pk: supervision.cancel(outbound_id=pk, by=by))


@admin.register(MutedMailbox)
class MutedMailboxAdmin(ReadOnlyAdmin[MutedMailbox]):
    """Deleting a row lets the mailbox get notices again before it has written."""

    age_field = "since"
    list_display = ["id", "mailbox", "short_reason", "age"]
    list_display_links = ["id", "mailbox"]
    list_filter = [AgeFilter]
    search_fields = ["mailbox", "reason"]
    fields = ["mailbox", "reason", "since"]

    @admin.display(ordering="reason", description=_("reason"))
    def short_reason(self, muted: MutedMailbox) -> str:
        return shorten(muted.reason)

    age = age_column("since")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin[Block]):
    """Whose mail is ignored; the API blocks and unblocks."""

    list_display = ["id", "pattern", "created_by", "created_at"]
    list_display_links = ["id", "pattern"]
    list_select_related = ["created_by"]
    search_fields = ["pattern"]
    fields = ["pattern", "created_by", "created_at"]


@admin.register(OutboxPause)
class OutboxPauseAdmin(ReadOnlyAdmin[OutboxPause]):
    """Deleting the pause makes the workers try the mail server at once."""

    list_display = ["since", "reason", "failures", "until", "age"]
    fields = ["since", "reason", "failures", "until"]

    age = age_column("since")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


def _act_on_each(
    page: Any, request: HttpRequest, queryset: QuerySet[Any], act: Callable[[int], Model]
) -> None:
    """Run an action on each row, and report how many it changed and why it refused others."""
    done, refused = 0, []
    for pk in queryset.values_list("pk", flat=True):
        try:
            act(pk)
            done += 1
        except NotAllowedForThisMail as error:
            refused.append(f"{pk}: {error.detail}")
    page.message_user(request, _("Done for %(count)d.") % {"count": done})
    if refused:
        page.message_user(request, "; ".join(refused[:10]), level=messages.WARNING)
