"""The URLs of the service; each app has its own `urls`."""

from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from drf_yasg import openapi
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from config.http import pages
from config.monitoring import health, metrics

api_info = openapi.Info(
    title="ServiceDesk",
    default_version="v1",
    description=_(
        "Requests that come by mail: **requests** are the tickets, **mgs** their messages, **ops** "
        "the operators and what they do, **mail** what arrived and what goes out. "
        "Press Authorize and enter `Token ` and your token."
    ),
)
schema_view = get_schema_view(
    api_info, public=True, permission_classes=[AllowAny], authentication_classes=[]
)

urlpatterns = [
    path("", pages.StartView.as_view(), name="start"),
    path("docs/", schema_view.with_ui("swagger"), name="docs"),
    path("docs/swagger.json", schema_view.without_ui(), {"format": "json"}, name="schema"),
    path("admin/", admin.site.urls),
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", include("operators.urls")),
    path("", include("tickets.urls")),
    path("", include("mailing.urls")),
]

handler400 = "config.http.errors.bad_request"
handler403 = "config.http.errors.permission_denied"
handler404 = "config.http.errors.not_found"
handler500 = "config.http.errors.server_error"
