"""Requesters, their tickets and the messages in a ticket.

Django looks here for the models of the modules beside it, too.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Left, Lower
from django.utils.translation import gettext_lazy as _

from tickets import note_models, search_models  # noqa: F401 - Django looks for models here
from tickets.choices import MESSAGE_EVENTS, OPEN, Event, Priority, Status, WaitingOn
from tickets.desk_models import Draft, ReplyTemplate, SeenTicket
from tickets.file_models import Attachment, Blob
from tickets.history_models import HistoryEntry
from tickets.participant_models import Participant

__all__ = [
    "MESSAGE_EVENTS",
    "OPEN",
    "Attachment",
    "Blob",
    "Draft",
    "Event",
    "HistoryEntry",
    "Message",
    "Participant",
    "Priority",
    "ReplyTemplate",
    "Requester",
    "SeenTicket",
    "Status",
    "Ticket",
    "WaitingOn",
]

# Titles and descriptions are sorted by their first characters, so that an index can hold them.
SORTED_CHARACTERS = 100
MOST_TAGS = 20
TAG_CHARACTERS = 50


class Requester(models.Model):
    """A person who writes to the desk; mail goes to the address as they spelled it first."""

    email = models.CharField(_("address"), max_length=320)
    # One spelling of all that differ in Unicode or IDNA; null where an older requester has it too.
    canonical_email = models.CharField(  # noqa: DJ001 - null is not unique, "" would be
        _("address for matching"), max_length=320, null=True, blank=True
    )
    name = models.CharField(_("name"), max_length=255, blank=True)
    # About them, for operators; never mailed.
    note = models.TextField(_("note"), blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("requester")
        verbose_name_plural = _("requesters")
        constraints = [
            models.UniqueConstraint(fields=["email"], name="requester_email_is_unique"),
            models.UniqueConstraint(fields=["canonical_email"], name="canonical_email_is_unique"),
            models.CheckConstraint(
                condition=Q(email=Lower("email")) & ~Q(email=""),
                name="requester_email_is_lower_case",
            ),
        ]

    def __str__(self) -> str:
        return f"requester {self.pk}"


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Queries for tickets."""

    def open(self) -> "TicketQuerySet":
        """Return the tickets that are not closed."""
        return self.filter(status__in=OPEN)


class Ticket(models.Model):
    """A request, from the mail that opened it to its closing."""

    requester = models.ForeignKey(Requester, models.PROTECT, related_name="tickets")
    # A copy for sorting, kept by triggers: no index spans two tables.
    requester_email = models.CharField(max_length=320, db_default="", editable=False)
    title = models.TextField(_("title"), blank=True)
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.NEW
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        db_index=False,  # ticket_by_operator
    )
    previous = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
        verbose_name=_("answers"),
        help_text=_("The closed ticket that this one goes on from."),
    )
    message_count = models.PositiveIntegerField(_("messages"), default=0)
    needs_attention = models.BooleanField(
        _("needs attention"),
        default=False,
        help_text=_("A mail of this ticket did not arrive; an operator clears it."),
    )
    priority = models.SmallIntegerField(
        _("priority"),
        choices=Priority.choices,
        default=Priority.NORMAL,
        db_default=Priority.NORMAL,
    )
    tags = ArrayField(
        models.CharField(max_length=TAG_CHARACTERS),
        verbose_name=_("tags"),
        default=list,
        db_default=Value([], ArrayField(models.CharField(max_length=TAG_CHARACTERS))),
        blank=True,
    )
    # Both are set while the ticket is open (tickets.changes), and null in a closed one.
    waiting_on = models.CharField(  # noqa: DJ001 - null with waiting_since
        _("waiting for"), max_length=9, choices=WaitingOn.choices, null=True, blank=True
    )
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    # Null when it is not snoozed: a ticket is woken by a change, not by the passing of time.
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    version = models.IntegerField(_("version"), default=1, db_default=1)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        db_index=False,  # ticket_merged_into
        verbose_name=_("merged into"),
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.UniqueConstraint(
                fields=["requester"],
                condition=Q(status__in=OPEN),
                name="one_open_ticket_per_requester",
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="ticket_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.NEW, operator=None)
                | Q(status__in=[Status.IN_PROGRESS, Status.CLOSED], operator__isnull=False),
                name="ticket_is_held_once_taken",
            ),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values), name="ticket_priority_is_known"
            ),
            models.CheckConstraint(
                condition=Q(tags__len__lte=MOST_TAGS), name="ticket_has_twenty_tags_at_most"
            ),
            models.CheckConstraint(
                condition=Q(waiting_on=None, waiting_since=None)
                | Q(waiting_on__isnull=False, waiting_since__isnull=False),
                name="ticket_waits_since_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CLOSED) | Q(snoozed_until=None),
                name="closed_ticket_is_not_snoozed",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | (Q(status=Status.CLOSED) & ~Q(merged_into=F("id"))),
                name="merged_ticket_is_closed",
            ),
        ]
        # One index for each field that the API sorts by. They begin with the status, so that they
        # serve the list with and without that filter (config.http.pagination): with more indexes
        # each new message would take longer.
        indexes = [
            models.Index("status", "id", name="ticket_by_status"),
            models.Index(
                "status", Left("title", SORTED_CHARACTERS), "id", name="ticket_by_status_title"
            ),
            models.Index(
                "status",
                Left("description", SORTED_CHARACTERS),
                "id",
                name="ticket_by_status_description",
            ),
            models.Index("status", "created_at", "id", name="ticket_by_status_creation"),
            models.Index("status", "updated_at", "id", name="ticket_by_status_update"),
            models.Index("status", "requester_email", "id", name="ticket_by_status_email"),
            models.Index("status", "operator", "id", name="ticket_by_status_operator"),
            models.Index("status", "priority", "id", name="ticket_by_status_priority"),
            models.Index("status", "waiting_since", "id", name="ticket_by_status_waiting"),
            models.Index(
                fields=["waiting_on", "waiting_since", "id"],
                condition=Q(waiting_on__isnull=False),
                name="ticket_by_turn",
            ),
            models.Index(
                fields=["snoozed_until", "id"],
                condition=Q(snoozed_until__isnull=False),
                name="ticket_snoozed",
            ),
            models.Index(
                fields=["requester", "id"],
                condition=Q(merged_into__isnull=False),
                name="ticket_merged_of_requester",
            ),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="ticket_merged_into",
            ),
            # PostgreSQL uses it for a filter that names the condition, too. Tickets without tags,
            # as all are that come in, are not written to it.
            GinIndex(fields=["tags"], condition=~Q(tags=[]), name="ticket_by_tag"),
            models.Index("operator", "id", name="ticket_by_operator"),
            models.Index("updated_at", "id", name="ticket_by_update"),  # the admin's order
            models.Index(
                fields=["id"], condition=Q(needs_attention=True), name="ticket_needing_attention"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Message(models.Model):
    """A message of the requester or an operator in a ticket; number 1 opened the ticket."""

    class SenderType(models.TextChoices):
        """Who wrote a message."""

        USER = "user", _("requester")
        OPERATOR = "operator", _("operator")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="messages")
    number = models.PositiveIntegerField(_("number"))
    sender_type = models.CharField(_("sender"), max_length=8, choices=SenderType.choices)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    sender_name = models.CharField(_("sender's name"), max_length=255, blank=True)
    # Empty for the ticket's requester; set for a participant and for a merged requester.
    sender_email = models.CharField(
        _("sender's address"), max_length=320, blank=True, default="", db_default=""
    )
    title = models.TextField(_("title"), blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML as it came"), blank=True, default="", db_default="")
    # Which characters of the text are new, quoted or signature (tickets.quotes). Computed once,
    # when the message is stored, because a page of long messages must not compute it each time.
    segments = models.JSONField(
        _("segments"), default=list, db_default=Value([], models.JSONField()), blank=True
    )
    written_at = models.DateTimeField(_("written at"))
    created_at = models.DateTimeField(_("stored at"))
    # It changes nobody's turn, as a reaction or an auto-reply.
    is_quiet = models.BooleanField(_("quiet"), default=False, db_default=False)
    # These come from mailing: the delivery state of an operator's message to the requester, and of
    # its copies by their addresses; and why a requester's message is in this ticket.
    delivery = models.JSONField(_("delivery"), null=True, blank=True)
    copies = models.JSONField(
        _("copies"), default=dict, db_default=Value({}, models.JSONField()), blank=True
    )
    origin = models.JSONField(_("origin"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "number"], name="message_number_is_unique_in_ticket"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="message_number_from_1"),
            models.CheckConstraint(
                condition=Q(sender_type="user", operator=None)
                | Q(sender_type="operator", operator__isnull=False),
                name="message_has_one_sender",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id}/{self.number}"
