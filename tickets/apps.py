"""Django's configuration of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    """The app of tickets."""

    name = "tickets"
    verbose_name = _("Tickets")
