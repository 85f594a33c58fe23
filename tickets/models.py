"""Requesters, their tickets, the messages in a ticket, and the history.

Django looks here for the models of `file_models`, too.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Left, Lower
from django.utils.translation import gettext_lazy as _

from tickets.file_models import Attachment, Blob

__all__ = [
    "Attachment",
    "Blob",
    "Event",
    "HistoryEntry",
    "Message",
    "Requester",
    "Status",
    "Ticket",
]

# Titles and descriptions are sorted by their first characters, so that an index can hold them.
SORTED_CHARACTERS = 100


class Status(models.TextChoices):
    """Statuses of a ticket in the order of its life; `tickets.transitions` explains them."""

    NEW = "new", _("new")
    IN_PROGRESS = "in_progress", _("in progress")
    CLOSED = "closed", _("closed")


OPEN = (Status.NEW, Status.IN_PROGRESS)


class Requester(models.Model):
    """A person who writes to the desk; mail goes to the address as they spelled it first."""

    email = models.CharField(_("address"), max_length=320)
    # One spelling of all that differ in Unicode or IDNA; null where an older requester has it too.
    canonical_email = models.CharField(  # noqa: DJ001 - null is not unique, "" would be
        _("address for matching"), max_length=320, null=True, blank=True
    )
    name = models.CharField(_("name"), max_length=255, blank=True)
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
    # Both come from mailing through `tickets.services`: the delivery state of an operator's
    # message, and why a requester's message is in this ticket.
    delivery = models.JSONField(_("delivery"), null=True, blank=True)
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


class Event(models.TextChoices):
    """The events in a ticket's history."""

    OPENED = "opened", _("opened")
    WROTE = "requester_wrote", _("requester wrote")
    TAKEN = "taken", _("taken")
    REPLIED = "operator_replied", _("operator replied")
    CLOSED = "closed", _("closed")


class HistoryEntry(models.Model):
    """An entry in a ticket's history: the event, when, by whom, and the statuses around it."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="history")
    event = models.CharField(_("event"), max_length=16, choices=Event.choices)
    # None where the requester acted.
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="history"
    )
    status_before = models.CharField(  # noqa: DJ001 - null for the first entry
        _("from"), max_length=16, choices=Status.choices, null=True, blank=True
    )
    status_after = models.CharField(_("to"), max_length=16, choices=Status.choices)
    message = models.OneToOneField(
        Message, models.PROTECT, null=True, blank=True, related_name="history_entry"
    )
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "event"],
                condition=Q(event__in=[Event.OPENED, Event.TAKEN, Event.CLOSED]),
                name="each_change_of_state_happens_once",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} {self.event}"
