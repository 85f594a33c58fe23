"""The app `config`, and the admin site of the project."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _

# Imported with Django, so that `shared_task` finds this application in every process and thread.
from config.celery import app as celery_app  # noqa: F401


class ConfigConfig(AppConfig):
    """The project's own templates and commands."""

    name = "config"
    verbose_name = _("ServiceDesk")


class SupervisorAdminConfig(AdminConfig):
    """Makes the admin site of supervisors the default site."""

    default_site = "config.admin.SupervisorAdminSite"
