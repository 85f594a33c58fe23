"""The inbox and the outbox, muted mailboxes, and the pause of the outbox."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Sign, Upper
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from mailing import monitoring_models  # noqa: F401 - Django looks for an app's models here
from mailing.kinds import MailKind
from tickets.models import HistoryEntry, Message, Ticket

MAIL_KIND_CHOICES = [
    (MailKind.PERSON.value, _("person")),
    (MailKind.AUTO_REPLY.value, _("auto-reply")),
    (MailKind.MACHINE.value, _("machine")),
    (MailKind.BOUNCE.value, _("bounce")),
    (MailKind.COMPLAINT.value, _("complaint")),
    (MailKind.OURS.value, _("our own")),
]


def new_trace() -> str:
    """Return an id for the log lines of a mail or a request."""
    return secrets.token_hex(16)


class InboundEmail(models.Model):
    """A mail as the webhook received it, and what became of it.

    `mailing.inbound.states` explains the states.
    """

    class Source(models.TextChoices):
        GMAIL = "gmail", _("Gmail, as raw bytes")
        FIELDS = "fields", _("title, description and address")

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        PROCESSED = "processed", _("processed")
        IGNORED = "ignored", _("ignored")
        QUARANTINED = "quarantined", _("quarantined")

    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    external_id = models.CharField(_("external id"), max_length=255)
    thread_id = models.CharField(_("thread"), max_length=255, blank=True)
    internal_date = models.DateTimeField(_("arrived in the mailbox at"))
    raw = models.BinaryField(_("raw mail"), null=True)  # null after RAW_RETENTION
    size = models.PositiveBigIntegerField(_("size in bytes"))
    # The person whose ticket it goes to, read from the header by the webhook. The mails of one
    # requester are processed in order and by one worker at a time.
    requester_address = models.CharField(
        _("sender"), max_length=320, blank=True, db_column="sender"
    )
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.RECEIVED
    )
    kind = models.CharField(_("kind"), max_length=16, choices=MAIL_KIND_CHOICES, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    message_id_header = models.TextField(_("Message-ID"), blank=True)
    # SHA-256 over Message-ID, sender, Date and body; empty without a Message-ID.
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True)
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, blank=True, related_name="inbound_emails"
    )
    message = models.OneToOneField(
        Message, models.PROTECT, null=True, blank=True, related_name="inbound_email"
    )
    # How the mail was understood, without its text, now and before the last replay.
    parse = models.JSONField(_("parse"), null=True, blank=True)
    parse_before = models.JSONField(_("parse before the replay"), null=True, blank=True)
    # An id that is in every log line about this mail and about the mails that answer it.
    trace = models.CharField(_("trace"), max_length=64, default=new_trace)
    # Set when mail of our own is replayed: it becomes a message, and nobody is notified.
    as_import = models.BooleanField(_("import"), default=False)
    # Set when a supervisor accepts an ignored mail: it is processed as a person's.
    as_person = models.BooleanField(_("accepted"), default=False, db_default=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_holder = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    # How often its files could not be stored; those attempts do not count.
    store_failures = models.PositiveSmallIntegerField(_("failed storings"), default=0, db_default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)
    processed_at = models.DateTimeField(_("processed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mail")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="inbound_is_stored_once"
            ),
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=Q(state="processed") & ~Q(fingerprint=""),
                name="inbound_is_processed_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["received", "processed", "ignored", "quarantined"]),
                name="inbound_state_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ignored", "quarantined"]) | ~Q(reason=""),
                name="inbound_is_set_aside_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="received") | Q(processed_at__isnull=False, lease_holder=None),
                name="inbound_ends_with_a_time_and_no_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["internal_date", "id"],
                condition=Q(state="received"),
                name="inbound_waiting",
            ),
            # For claims, when the oldest mails are all of requesters whose mail is held.
            models.Index(
                fields=["requester_address", "internal_date", "id"],
                condition=Q(state="received"),
                name="inbound_waiting_by_sender",
            ),
            # The age of the oldest waiting mail, for /readyz and /metrics.
            models.Index(
                fields=["received_at"], condition=Q(state="received"), name="inbound_waiting_since"
            ),
            # For claims: the few waiting mails whose requesters' other mail may have to wait.
            models.Index(
                fields=["requester_address"],
                condition=Q(state="received")
                & (
                    Q(Exact(Sign("attempts"), 1))  # mailing.inbound.queue says why
                    | Q(lease_expires_at__isnull=False)
                    | Q(next_attempt_at__isnull=False)
                ),
                name="inbound_held_or_tried",
            ),
            models.Index(fields=["state", "id"], name="inbound_by_state"),
            # The list by kind is merged from those of each state (config.http.pagination).
            models.Index(
                fields=["state", "kind", "id"], condition=~Q(kind=""), name="inbound_by_kind"
            ),
            models.Index(
                fields=["processed_at"], condition=Q(raw__isnull=False), name="inbound_to_purge"
            ),
            HashIndex(fields=["message_id_header"], name="inbound_by_message_id"),
        ]

    def __str__(self) -> str:
        return f"inbound {self.pk}"


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

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        DEFERRED = "deferred", _("deferred")
        UNCERTAIN = "uncertain", _("uncertain")
        FAILED = "failed", _("failed")
        SUPPRESSED = "suppressed", _("suppressed")
        BOUNCED = "bounced", _("bounced")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    recipient = models.CharField(_("recipient"), max_length=320)
    # The recipient's mailbox in one spelling (mailing.mailboxes), for limits and mutes.
    mailbox = models.CharField(_("mailbox"), max_length=320)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="outbound_emails")
    history_entry = models.ForeignKey(HistoryEntry, models.PROTECT, related_name="outbound_emails")
    message = models.OneToOneField(
        Message, models.PROTECT, null=True, blank=True, related_name="outbound_email"
    )
    message_id_header = models.CharField(_("Message-ID"), max_length=255, unique=True)
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
            models.UniqueConstraint(
                fields=["history_entry", "recipient"], name="one_mail_per_step_and_recipient"
            ),
            models.CheckConstraint(
                condition=Q(kind="reply", message__isnull=False)
                | (~Q(kind="reply") & Q(message=None)),
                name="outbound_reply_has_its_message",
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
                condition=~Q(state__in=["suppressed", "failed"]) | ~Q(reason=""),
                name="outbound_ends_unsent_for_a_reason",
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
