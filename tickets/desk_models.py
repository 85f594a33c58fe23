"""What operators prepare before they answer, drafts and templates; and what each has seen."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _


class Draft(models.Model):
    """An operator's unsent answer in a ticket."""

    ticket = models.ForeignKey(
        "tickets.Ticket",
        models.PROTECT,
        related_name="+",
        db_index=False,  # one_draft_per_ticket_and_operator
    )
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    title = models.TextField(_("title"), blank=True)
    text = models.TextField(_("text"), blank=True)
    # The numbers of uploads, which are not purged while a draft names them.
    files = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=Value([], ArrayField(models.BigIntegerField())),
        blank=True,
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "operator"], name="one_draft_per_ticket_and_operator"
            ),
        ]
        # The desk asks every few seconds who is writing.
        indexes = [models.Index(fields=["updated_at"], name="draft_by_update")]

    def __str__(self) -> str:
        return f"draft {self.pk}"


class SeenTicket(models.Model):
    """How many messages of a ticket an operator has seen."""

    ticket = models.ForeignKey(
        "tickets.Ticket",
        models.CASCADE,
        related_name="seen",
        db_index=False,  # ticket_is_seen_once_by_operator
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        db_index=False,  # seen_ticket_by_time
    )
    message_count = models.PositiveIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "operator"], name="ticket_is_seen_once_by_operator"
            ),
        ]
        # The desk asks every few seconds whether its reader has seen something elsewhere.
        indexes = [models.Index(fields=["operator", "seen_at"], name="seen_ticket_by_time")]

    def __str__(self) -> str:
        return f"#{self.ticket_id} seen by {self.operator_id}"


class ReplyTemplate(models.Model):
    """A text for replies that all operators share, with variables in it."""

    name = models.CharField(_("name"), max_length=200)
    text = models.TextField(_("text"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")

    def __str__(self) -> str:
        return f"template {self.pk}"
