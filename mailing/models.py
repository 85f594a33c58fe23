"""The inbox; Django looks here for the models of the modules beside it, too."""

from django.contrib.postgres.indexes import HashIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Reverse, Sign
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from mailing import monitoring_models  # noqa: F401 - Django looks for an app's models here
from mailing.block_models import Block
from mailing.kinds import MailKind
from mailing.outbound_models import MutedMailbox, OutboundEmail, OutboxClaimer, OutboxPause
from mailing.traces import new_trace
from tickets.models import Message, Ticket

__all__ = [
    "Block",
    "InboundEmail",
    "MutedMailbox",
    "OutboundEmail",
    "OutboxClaimer",
    "OutboxPause",
    "new_trace",
]

MAIL_KIND_CHOICES = [
    (MailKind.PERSON.value, _("person")),
    (MailKind.AUTO_REPLY.value, _("auto-reply")),
    (MailKind.MACHINE.value, _("machine")),
    (MailKind.BOUNCE.value, _("bounce")),
    (MailKind.COMPLAINT.value, _("complaint")),
    (MailKind.OURS.value, _("our own")),
]


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
            # From the end, so that a prefix finds a domain (mailing.api.blocks).
            models.Index(
                OpClass(Reverse("requester_address"), "text_pattern_ops"),
                name="inbound_by_reversed_sender",
            ),
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
            # Without the mail that waits, which has no Message-ID yet: a change of it would search
            # all pages of the index that hold the same empty value.
            HashIndex(
                fields=["message_id_header"],
                condition=Q(ticket__isnull=False),
                name="inbound_ticket_by_message_id",
            ),
        ]

    def __str__(self) -> str:
        return f"inbound {self.pk}"
