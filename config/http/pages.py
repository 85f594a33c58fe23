"""The start page."""

from django.views.generic import TemplateView


class StartView(TemplateView):
    """Says what this service is, and leads to the desk, the API, the admin and the health check."""

    template_name = "config/start.html"
