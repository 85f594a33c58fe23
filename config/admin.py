"""The Django admin, for supervisors."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class SupervisorAdminSite(admin.AdminSite):
    """The Django admin under the name of this service."""

    site_title = site_header = "ServiceDesk"
    index_title = _("What arrived, what goes out, who works here")
