"""Templates of replies, which all operators share."""

from typing import Any

from django.db.models import F
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from operators.repeatable import RepeatableView
from tickets import reply_templates
from tickets.api.fields import IdField, TextField
from tickets.models import ReplyTemplate, Ticket

# An unknown variable may be as long as the text; the error shows its beginning.
_SHOWN_CHARACTERS = 50


class ReplyTemplateSerializer(serializers.ModelSerializer[ReplyTemplate]):
    """A template of a reply."""

    text = TextField(
        help_text=(
            "Its variables are {{ requester_name }}, {{ request_id }}, {{ title }} and"
            " {{ operator_name }}."
        ),
    )
    created_by = serializers.IntegerField(source="created_by_id", read_only=True)
    date_create = serializers.DateTimeField(source="created_at", read_only=True)
    date_update = serializers.DateTimeField(source="updated_at", read_only=True)

    class Meta:
        model = ReplyTemplate
        fields = ["id", "name", "text", "created_by", "date_create", "date_update"]
        swagger_schema_fields = {
            "example": {
                "id": 2,
                "name": "Приветствие",
                "text": "Здравствуйте, {{ requester_name }}!",
                "created_by": 7,
                "date_create": "2026-11-23T09:00:00.000000Z",
                "date_update": "2026-11-23T09:00:00.000000Z",
            }
        }

    def validate_text(self, value: str) -> str:
        """Reject unknown variables."""
        if unknown := reply_templates.unknown_variables(value):
            message = _("Unknown variables: %(unknown)s; the known ones are %(known)s.") % {
                "unknown": ", ".join(name[:_SHOWN_CHARACTERS] for name in unknown[:10]),
                "known": ", ".join(reply_templates.VARIABLES),
            }
            raise serializers.ValidationError(message)
        return value


class TicketToRenderSerializer(serializers.Serializer[Any]):
    """The request that is about to be answered."""

    request_id = IdField()

    class Meta:
        swagger_schema_fields = {"example": {"request_id": 12}}


class RenderedSerializer(serializers.Serializer[Any]):
    """A template's text for a request."""

    text = serializers.CharField(read_only=True)

    class Meta:
        swagger_schema_fields = {"example": {"text": "Здравствуйте, Иван Петров!"}}


class ReplyTemplateListView(RepeatableView, generics.ListAPIView[ReplyTemplate]):
    """List the templates of replies, and add one."""

    serializer_class = ReplyTemplateSerializer
    queryset = ReplyTemplate.objects.all()
    keyset_fields = {"id": F("pk")}

    @swagger_auto_schema(
        request_body=ReplyTemplateSerializer, responses={201: ReplyTemplateSerializer}
    )
    def post(self, request: Request) -> Response:
        """Add a template for all operators; an unknown variable is refused by its name."""
        serializer = ReplyTemplateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        template = reply_templates.add_template(
            by=current_operator(request), **serializer.validated_data
        )
        data = ReplyTemplateSerializer(template).data
        return Response(data, status=status.HTTP_201_CREATED)


class ReplyTemplateView(RepeatableView):
    """A template of a reply, which any operator changes and deletes."""

    @swagger_auto_schema(
        request_body=ReplyTemplateSerializer, responses={200: ReplyTemplateSerializer}
    )
    def patch(self, request: Request, template_id: int) -> Response:
        """Change the name or the text of a template; what the body leaves out stays."""
        template = get_object_or_404(ReplyTemplate, pk=template_id)
        serializer = ReplyTemplateSerializer(template, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = reply_templates.change_template(
            template_id=template_id, changes=serializer.validated_data
        )
        return Response(ReplyTemplateSerializer(changed).data)

    @swagger_auto_schema(responses={204: "deleted"})
    def delete(self, request: Request, template_id: int) -> Response:
        """Delete a template."""
        reply_templates.delete_template(template_id=template_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RenderView(RepeatableView):
    """Fill in a template of a reply."""

    @swagger_auto_schema(
        request_body=TicketToRenderSerializer,
        responses={200: RenderedSerializer, 404: "no such template, or no such request"},
    )
    def post(self, request: Request, template_id: int) -> Response:
        """Return a template's text with the values of a request; nothing is stored or sent.

        `requester_name` is the address where the name is not known, `operator_name` your own.
        Values are not rendered again.
        """
        template = get_object_or_404(ReplyTemplate, pk=template_id)
        serializer = TicketToRenderSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        tickets = Ticket.objects.select_related("requester")
        ticket = get_object_or_404(tickets, pk=serializer.validated_data["request_id"])
        text = reply_templates.render(template, ticket=ticket, by=current_operator(request))
        return Response({"text": text})


_TEMPLATES = "ops/templates/"
urlpatterns = [
    path(_TEMPLATES, ReplyTemplateListView.as_view(), name="templates"),
    path(f"{_TEMPLATES}<int:template_id>/", ReplyTemplateView.as_view(), name="template"),
    path(f"{_TEMPLATES}<int:template_id>/render/", RenderView.as_view(), name="render"),
]
