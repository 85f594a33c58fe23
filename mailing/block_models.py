"""Addresses and domains whose mail is ignored."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Block(models.Model):
    """An address, or "@" and a domain, whose mail opens no ticket."""

    pattern = models.CharField(_("address or @domain"), max_length=321)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = [
            models.UniqueConstraint(fields=["pattern"], name="address_is_blocked_once"),
        ]

    def __str__(self) -> str:
        return f"block {self.pk}"
