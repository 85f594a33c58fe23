"""The outbox, muted mailboxes, and the pause of the outbox."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Upper
from django.utils.translation import gettext_lazy as _

from mailing.traces import new_trace
from tickets.models import HistoryEntry, Message, Ticket


class OutboundEmail(models.Model):
    """A mail to be sent, rendered once, and how far it has got.

    `mailing.outbound.states` explains the states.
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("received")
        IN_PROGRESS = "in_progress", _("taken into work")
        CLOSED = "closed", _("closed")
        REPLY = "reply", _("operator's message")
        OPERATOR_NOTICE = "operator_notice", _("new ticket, to an operator")
        OPERATOR_UPDATE = "operator_update", _("what happened in a ticket, to an operator")
        ADDRESS_CHANGED = "address_changed", _("another address, to an operator's old one")

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        DEFERRED = "deferred", _("deferred")
        UNCERTAIN = "uncertain", _("uncertain")
        FAILED = "failed", _("failed")
        SUPPRESSED = "suppressed", _("suppressed")
        BOUNCED = "bounced", _("bounced")
        HELD = "held", _("held")
        WITHDRAWN = "withdrawn", _("withdrawn")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    recipient = models.CharField(_("recipient"), max_length=320)
    # The recipient's mailbox in one spelling (operators.mailboxes), for limits and mutes.
    mailbox = models.CharField(_("mailbox"), max_length=320)
    # Null in a mail that is about no ticket.
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, blank=True, related_name="outbound_emails"
    )
    # Null in an "operator_update" too, which may tell of several `events`, and of one again.
    history_entry = models.ForeignKey(
        HistoryEntry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="outbound_emails",
        db_index=False,  # one_mail_per_step_and_recipient
    )
    # Whom an "operator_update" tells, and of which events: the history entry, what, by whom.
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # outbound_to_operator
    )
    events = models.JSONField(
        _("events"), default=list, db_default=Value([], models.JSONField()), blank=True
    )
    # An operator's message has a mail for each recipient, all with the same Message-ID.
    message = models.ForeignKey(
        Message,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="outbound_emails",
        db_index=False,  # outbound_by_message
    )
    # To a participant, not to the requester.
    is_copy = models.BooleanField(_("copy"), default=False, db_default=False)
    # Of an answer that goes out later, until somebody sends it at once.
    send_at = models.DateTimeField(_("send at"), null=True, blank=True)
    # Of an answer that is held if a mail of the requester crosses it (`mailing.outbound.crossing`):
    # the mails of theirs that waited in the inbox when it was written. Null of any other.
    inbox_before = ArrayField(models.BigIntegerField(), null=True, blank=True)
    # The requester's message that crossed a held answer.
    held_by = models.ForeignKey(
        Message, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    message_id_header = models.CharField(_("Message-ID"), max_length=255)
    content = models.BinaryField(_("content"))
    # What follows the content: for each file its hash, its size and the text after it.
    files = models.JSONField(
        _("files"), default=list, db_default=Value([], models.JSONField()), blank=True
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # How many attempts ended without an answer: the mail may have arrived with each.
    uncertain_attempts = models.PositiveSmallIntegerField(_("without an answer"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    lease_holder = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    smtp_code = models.PositiveSmallIntegerField(_("SMTP code"), null=True, blank=True)
    smtp_reply = models.TextField(_("SMTP reply"), blank=True)
    reason = models.TextField(_("reason"), blank=True)
    # The states that it was in: state, at, attempt, smtp_code, words (mailing.outbound.progress).
    timeline = models.JSONField(
        _("timeline"), default=list, db_default=Value([], models.JSONField()), blank=True
    )
    # When the server accepted it or may have, for each such attempt; for the send rates.
    taken_at = ArrayField(
        models.DateTimeField(),
        default=list,
        db_default=Value([], ArrayField(models.DateTimeField())),
        blank=True,
    )
    trace = models.CharField(_("trace"), max_length=64, default=new_trace)
    # What a delivery report or a complaint says about it: action, status, reason, inbox, at.
    bounce = models.JSONField(_("bounce"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_attempt_at = models.DateTimeField(_("last attempt at"), null=True, blank=True)
    first_attempt_at = models.DateTimeField(_("first attempt at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        constraints = [
            # Not `unique`, with which Django adds an index for LIKE that nothing would use.
            models.UniqueConstraint(
                fields=["message_id_header", "recipient"],
                name="outbound_is_one_for_each_recipient",
            ),
            models.UniqueConstraint(
                fields=["history_entry", "recipient"], name="one_mail_per_step_and_recipient"
            ),
            models.CheckConstraint(
                condition=Q(kind="reply", message__isnull=False)
                | (~Q(kind="reply") & Q(message=None)),
                name="outbound_reply_has_its_message",
            ),
            models.CheckConstraint(
                condition=Q(kind="address_changed", ticket=None, history_entry=None)
                | Q(kind="operator_update", ticket__isnull=False, history_entry=None)
                | (
                    ~Q(kind__in=["address_changed", "operator_update"])
                    & Q(ticket__isnull=False, history_entry__isnull=False)
                ),
                name="outbound_is_about_a_ticket",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False),
                name="outbound_is_sent_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["queued", "deferred"]) | Q(next_attempt_at__isnull=False),
                name="outbound_waits_for_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease_expires_at__isnull=False),
                name="outbound_is_sent_under_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["suppressed", "failed", "withdrawn"]) | ~Q(reason=""),
                name="outbound_ends_unsent_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(held_by__isnull=False),
                name="outbound_is_held_by_a_message",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(state__in=["queued", "deferred", "uncertain"]),
                name="outbound_waiting",
            ),
            # The age of the most overdue mail, for mailing.monitoring.problems.
            models.Index(
                Coalesce("first_attempt_at", "next_attempt_at", "created_at"),
                condition=Q(state__in=["queued", "sending", "deferred"]),
                name="outbound_due_since",
            ),
            models.Index(
                fields=["lease_holder"],
                condition=Q(lease_expires_at__isnull=False),
                name="outbound_leased",
            ),
            models.Index(fields=["state", "id"], name="outbound_by_state"),
            # As the filter `iexact` writes it.
            models.Index(Upper("recipient"), "id", name="outbound_by_recipient"),
            models.Index(fields=["mailbox", "created_at"], name="outbound_by_mailbox"),
            models.Index(
                fields=["operator", "ticket", "created_at"],
                condition=Q(operator__isnull=False),
                name="outbound_to_operator",
            ),
            models.Index(
                fields=["message"],
                condition=Q(message__isnull=False),
                name="outbound_by_message",
            ),
            # The answers that a mail of their requester may still cross.
            models.Index(
                fields=["ticket"],
                condition=Q(inbox_before__isnull=False, state="queued"),
                name="outbound_may_be_crossed",
            ),
            # For the send rates.
            models.Index(fields=["last_attempt_at"], name="outbound_by_last_attempt"),
            models.Index(fields=["mailbox", "last_attempt_at"], name="outbound_to_mailbox"),
        ]

    # PostgreSQL's xmin of the row as it was read or last written: see mailing.outbound.progress.
    row_version = ""

    def __str__(self) -> str:
        return f"outbound {self.pk}"


class OutboxClaimer(models.Model):
    """A mail worker that has claimed mail since PostgreSQL was last recovered from a crash.

    The table is unlogged, so PostgreSQL empties it after a crash. Then the last moments of what was
    recorded of the claimed mails may be lost, too: `mailing.outbound.attempts`.
    """

    holder = models.UUIDField(primary_key=True)

    class Meta:
        verbose_name = _("mail worker")
        verbose_name_plural = _("mail workers")

    def __str__(self) -> str:
        return f"mail worker {self.holder}"


class MutedMailbox(models.Model):
    """A mailbox that gets no automatic mail until a person writes from it, after a hard bounce."""

    mailbox = models.CharField(_("mailbox"), max_length=320)
    reason = models.TextField(_("reason"))
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("muted mailbox")
        verbose_name_plural = _("muted mailboxes")
        constraints = [
            models.UniqueConstraint(fields=["mailbox"], name="mailbox_is_muted_once"),
        ]

    def __str__(self) -> str:
        return f"muted mailbox {self.pk}"


class OutboxPause(models.Model):
    """The pause of the outbox while the mail server accepts nothing from us; one row at most."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    reason = models.TextField(_("reason"))
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("next try at"))
    failures = models.PositiveIntegerField(_("failed tries"), default=1)

    class Meta:
        verbose_name = _("pause of the outbox")
        verbose_name_plural = _("pause of the outbox")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="outbox_has_one_pause"),
        ]

    def __str__(self) -> str:
        return f"pause since {self.since:%Y-%m-%d %H:%M} UTC"
