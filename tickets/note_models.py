"""Notes, which operators write to each other; no requester may ever read one.

A ticket has no way to its notes, so that nothing reads them by accident, and `mailing` may not
import this module (a contract in pyproject.toml).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _


class Note(models.Model):
    """A note in a ticket."""

    ticket = models.ForeignKey(
        "tickets.Ticket",
        models.PROTECT,
        related_name="+",
        db_index=False,  # note_in_ticket
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(_("text"))
    # What it said before each edit: text, at.
    history = models.JSONField(
        _("history"), default=list, db_default=Value([], models.JSONField()), blank=True
    )
    created_at = models.DateTimeField(_("created at"))
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="note_has_a_text")]
        indexes = [models.Index(fields=["ticket", "created_at", "id"], name="note_in_ticket")]

    def __str__(self) -> str:
        return f"note {self.pk}"
