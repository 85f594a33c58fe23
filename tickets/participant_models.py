"""The people besides the requester whose mail belongs to a ticket."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Participant(models.Model):
    """Somebody in copy of a ticket; one who was removed stays, so that Cc does not add them."""

    ticket = models.ForeignKey(
        "tickets.Ticket",
        models.PROTECT,
        related_name="participants",
        db_index=False,  # participant_is_in_a_ticket_once
    )
    email = models.CharField(_("address"), max_length=320)
    # operators.mailboxes.canonical_address
    canonical_email = models.CharField(_("address for matching"), max_length=320)
    name = models.CharField(_("name"), max_length=255, blank=True)
    is_removed = models.BooleanField(_("removed"), default=False, db_default=False)
    # The ticket whose merge brought them here.
    merged_from = models.ForeignKey(
        "tickets.Ticket", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "canonical_email"], name="participant_is_in_a_ticket_once"
            ),
        ]
        indexes = [
            models.Index(fields=["canonical_email", "ticket"], name="participant_by_address"),
        ]

    def __str__(self) -> str:
        return f"participant {self.pk}"
