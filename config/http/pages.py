"""The start page."""

from typing import Any

from django.utils.translation import gettext as _
from django.views.generic import TemplateView


class StartView(TemplateView):
    """Says what this service is, and links to the API's documentation and the admin."""

    template_name = "config/start.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs,
            what=_("Requests that people send by mail become tickets that operators answer."),
            docs=_("The API, to read and to try"),
            admin=_("Administration, for supervisors"),
        )
