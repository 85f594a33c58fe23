"""Heartbeats of the parts, mail that was missed, and outages."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When a part of the service last showed that it works."""

    class Name(models.TextChoices):
        BEAT = "beat", _("beat")
        INBOX = "inbox", _("inbox worker")
        OUTBOX = "outbox", _("mail worker")
        SCRIPT = "script", _("Apps Script")

    name = models.CharField(_("name"), max_length=16, choices=Name.choices, primary_key=True)
    at = models.DateTimeField(_("last seen at"))

    class Meta:
        db_table = "mailing_pulse"
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name


class Gap(models.Model):
    """A mail that the Apps Script saw in the mailbox and that was never received here."""

    external_id = models.CharField(_("external id"), max_length=255)
    missing_since = models.DateTimeField(_("missing since"))
    last_missed_at = models.DateTimeField(_("last missed at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("gap")
        verbose_name_plural = _("gaps")
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="gap_is_kept_once"),
        ]
        indexes = [
            models.Index(
                fields=["missing_since"], condition=Q(closed_at=None), name="gap_still_open"
            ),
        ]

    def __str__(self) -> str:
        return f"gap {self.pk}"


class Outage(models.Model):
    """A problem that lasted long enough for the administrators to be notified."""

    code = models.CharField(_("code"), max_length=32)
    reason = models.TextField(_("reason"))
    began_at = models.DateTimeField(_("began at"))
    # Set once the mail server has accepted the mail to the administrators.
    told_at = models.DateTimeField(_("administrators told at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_told_at = models.DateTimeField(_("end told at"), null=True, blank=True)

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(ended_at=None), name="one_open_outage_per_code"
            ),
        ]

    def __str__(self) -> str:
        return f"outage {self.pk}"
