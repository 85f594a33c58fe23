from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    """The project's own templates and commands."""

    name = "config"
    verbose_name = _("ServiceDesk")


class SupervisorAdminConfig(AdminConfig):
    default_site = "config.admin.SupervisorAdminSite"
