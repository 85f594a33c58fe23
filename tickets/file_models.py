"""The files of messages: their bytes, each kept once, and where they are attached."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Blob(models.Model):
    """Bytes in the file storage, identified by their hash and kept once.

    The row is inserted before the bytes are written and deleted after they are deleted, so that
    the storage never holds bytes without a row.
    """

    sha256 = models.CharField(_("SHA-256"), max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    type = models.CharField(_("type"), max_length=255)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # When these bytes were last stored; a day later they are purged if nothing refers to them.
    wanted_at = models.DateTimeField(_("last stored at"))

    class Meta:
        verbose_name = _("stored bytes")
        verbose_name_plural = _("stored bytes")
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="blob_is_named_by_its_hash"
            ),
        ]
        indexes = [models.Index(fields=["wanted_at"], name="blob_by_last_storing")]

    def __str__(self) -> str:
        return self.sha256


class Attachment(models.Model):
    """A file of a message, or an upload that is not sent yet and has no message."""

    ticket = models.ForeignKey("tickets.Ticket", models.PROTECT, related_name="attachments")
    message = models.ForeignKey(
        "tickets.Message", models.PROTECT, null=True, blank=True, related_name="attachments"
    )
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="attachments")
    name = models.CharField(_("name"), max_length=255)
    claimed_type = models.CharField(_("claimed type"), max_length=255, blank=True)
    content_id = models.CharField(_("Content-ID"), max_length=255, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_inline = models.BooleanField(
        _("inline"), default=False, help_text=_("The message's HTML shows it.")
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="uploads"
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "position"], name="file_has_its_place_in_the_message"
            ),
            models.CheckConstraint(
                condition=Q(message__isnull=False) | Q(uploaded_by__isnull=False),
                name="file_without_a_message_was_uploaded",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="file_has_a_name"),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(message=None), name="file_not_sent_yet"
            ),
        ]

    def __str__(self) -> str:
        return f"file {self.pk}"
