"""The app `operators`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperatorsConfig(AppConfig):
    """The app of operators and their tokens."""

    name = "operators"
    verbose_name = _("Operators")
