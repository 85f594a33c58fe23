"""The page of the reply templates: add, change and delete them."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from operators.authentication import current_operator
from operators.desk.views import read_form
from tickets import reply_templates
from tickets.api.reply_templates import ReplyTemplateSerializer
from tickets.desk.views import TicketsDeskView
from tickets.models import ReplyTemplate

_MOST_SHOWN = 300


class _TemplateFormView(TicketsDeskView):
    """A form with a template in it, which is shown again with what is wrong with it."""

    def form_page(
        self, template: ReplyTemplate | None, *, error: ValidationError | None = None
    ) -> HttpResponse:
        form = self.request.POST if error else {}
        context: dict[str, Any] = {
            "templates": _all_templates(),
            "template": template,
            "name": form.get("name", template.name if template else ""),
            "text": form.get("text", template.text if template else ""),
            "errors": error.detail if error else {},
            "variables": [f"{{{{ {name} }}}}" for name in reply_templates.VARIABLES],
        }
        return self.page("desk/templates.html", context, status=400 if error else 200)

    def validated(self, template: ReplyTemplate | None) -> dict[str, str]:
        """Return name and text as the API's check says; raises `ValidationError`."""
        form = read_form(self.request)
        fields = {name: form.get(name, "") for name in ("name", "text")}
        serializer = ReplyTemplateSerializer(template, data=fields)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class TemplatesView(_TemplateFormView):
    """All templates, and the form of a new one."""

    def get(self, request: Request) -> HttpResponse:
        """Show the templates."""
        return self.form_page(None)

    def post(self, request: Request) -> HttpResponse:
        """Add a template for all operators."""
        try:
            given = self.validated(None)
        except ValidationError as error:
            return self.form_page(None, error=error)
        reply_templates.add_template(**given, by=current_operator(request))
        return self.redirect(reverse("desk-templates"), said=_("The template is added."))


class TemplateView(_TemplateFormView):
    """One template in its form."""

    def get(self, request: Request, template_id: int) -> HttpResponse:
        """Show the template."""
        return self.form_page(get_object_or_404(ReplyTemplate, pk=template_id))

    def post(self, request: Request, template_id: int) -> HttpResponse:
        """Change its name and text."""
        template = get_object_or_404(ReplyTemplate, pk=template_id)
        try:
            changes = self.validated(template)
        except ValidationError as error:
            return self.form_page(template, error=error)
        reply_templates.change_template(template_id=template_id, changes=changes)
        return self.redirect(reverse("desk-templates"), said=_("The template is saved."))


class DeleteTemplateView(TicketsDeskView):
    """The button that deletes a template."""

    def post(self, request: Request, template_id: int) -> HttpResponse:
        """Delete it for all operators."""
        reply_templates.delete_template(template_id=template_id)
        return self.redirect(reverse("desk-templates"), said=_("The template is deleted."))


def _all_templates() -> QuerySet[ReplyTemplate]:
    return ReplyTemplate.objects.order_by("name", "pk")[:_MOST_SHOWN]


_TEMPLATES = "desk/templates/"
urlpatterns = [
    path(_TEMPLATES, TemplatesView.as_view(), name="desk-templates"),
    path(f"{_TEMPLATES}<int:template_id>/", TemplateView.as_view(), name="desk-template"),
    path(
        f"{_TEMPLATES}<int:template_id>/delete/",
        DeleteTemplateView.as_view(),
        name="desk-template-delete",
    ),
]
