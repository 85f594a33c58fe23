"""The app `mailing`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailingConfig(AppConfig):
    name = "mailing"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from mailing import receivers  # noqa: F401 - connects them
