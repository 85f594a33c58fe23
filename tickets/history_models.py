"""The history of tickets."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.choices import MESSAGE_EVENTS, Event, Status


class HistoryEntry(models.Model):
    """An entry in a ticket's history: the event, when, by whom, and the statuses around it.

    It never has a note's text: `mailing` reads the history.
    """

    ticket = models.ForeignKey("tickets.Ticket", models.PROTECT, related_name="history")
    event = models.CharField(_("event"), max_length=32, choices=Event.choices)
    # None where somebody else acted: the system, or the address of `actor_email`, which is empty
    # for the ticket's requester.
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="history"
    )
    is_system = models.BooleanField(_("by the system"), default=False, db_default=False)
    actor_email = models.CharField(
        _("by the address"), max_length=320, blank=True, default="", db_default=""
    )
    status_before = models.CharField(  # noqa: DJ001 - null for the first entry
        _("from"), max_length=16, choices=Status.choices, null=True, blank=True
    )
    status_after = models.CharField(_("to"), max_length=16, choices=Status.choices)
    # {"before", "after"}: the changed value.
    details = models.JSONField(_("details"), null=True, blank=True)
    # The ticket's after this entry; null in entries that are older than versions.
    version = models.IntegerField(_("version"), null=True, blank=True)
    # Besides the entry of a message there may be those of its holding, sending and withdrawing.
    message = models.ForeignKey(
        "tickets.Message",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="history",
        db_index=False,  # message_is_stored_once
    )
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(event=Event.OPENED), name="ticket_is_opened_once"
            ),
            models.UniqueConstraint(
                fields=["message"],
                condition=Q(event__in=MESSAGE_EVENTS),
                name="message_is_stored_once",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} {self.event}"
