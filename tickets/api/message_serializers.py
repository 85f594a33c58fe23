"""Serializers of messages, their files and replies, with the field names of the original API.

The docstrings of the `get_` methods are descriptions in the schema.
"""

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_yasg.utils import swagger_serializer_method
from rest_framework import serializers
from rest_framework.reverse import reverse

from operators.mailboxes import MAX_CHARACTERS
from operators.models import MAX_OPERATOR_ID
from tickets.addresses import is_address_of
from tickets.api.deliveries import (
    DeliveryOfRecipientSerializer,
    DeliverySerializer,
    shown_delivery,
)
from tickets.api.fields import IdField, SendTimeField, TextField
from tickets.api.serializers import ActorIdField
from tickets.models import Attachment, Message, Ticket
from tickets.participants import MOST_PARTICIPANTS

# A ticket's title is a mail's subject, of 998 characters at most; "Re: " and the like come before.
TITLE_CHARACTERS = 2_000

_FILE_EXAMPLE = {
    "id": 5,
    "name": "Счёт.pdf",
    "type": "application/pdf",
    "claimed_type": "application/pdf",
    "size": 48_112,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "content_id": "",
    "url": "https://desk.example.com/mgs/requests/12/files/5/",
}


def _absolute_url(serializer: serializers.BaseSerializer[Any], view: str, **ids: int) -> str:
    return reverse(view, kwargs=ids, request=serializer.context.get("request"))


class FileSerializer(serializers.ModelSerializer[Attachment]):
    """A file of a message, or an upload."""

    type = serializers.CharField(source="blob.type", help_text="Detected from its bytes.")
    claimed_type = serializers.CharField(help_text="As its sender gave it.")
    size = serializers.IntegerField(source="blob.size")
    sha256 = serializers.CharField(source="blob_id")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = ["id", "name", "type", "claimed_type", "size", "sha256", "content_id", "url"]
        swagger_schema_fields = {"example": _FILE_EXAMPLE}

    @swagger_serializer_method(serializers.CharField())
    def get_url(self, file: Attachment) -> str:
        """URL to download the file."""
        return _absolute_url(self, "file", request_id=file.ticket_id, file_id=file.pk)


class SegmentSerializer(serializers.Serializer[Any]):
    """A part of a message's text, in characters; the segments cover the text in order."""

    kind = serializers.ChoiceField(["reply", "quoted", "signature"])
    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message with its files and delivery."""

    request = serializers.IntegerField(source="ticket_id", read_only=True)
    sort = serializers.IntegerField(source="number", read_only=True)
    sender_id = serializers.SerializerMethodField()
    date_create = serializers.DateTimeField(source="created_at", read_only=True)
    segments = SegmentSerializer(many=True, read_only=True)
    html = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()
    delivery = serializers.SerializerMethodField()
    deliveries = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = [
            "id",
            "request",
            "sort",
            "sender_type",
            "sender_id",
            "sender_name",
            "title",
            "text",
            "segments",
            "html",
            "files",
            "date_create",
            "written_at",
            "delivery",
            "deliveries",
            "origin",
        ]
        swagger_schema_fields = {
            "example": {
                "id": 41,
                "request": 12,
                "sort": 2,
                "sender_type": "operator",
                "sender_id": 7,
                "sender_name": "Мария",
                "title": "Re: Не печатает принтер",
                "text": "Добрый день! Проверьте, пожалуйста, бумагу.",
                "segments": [{"kind": "reply", "start": 0, "end": 43}],
                "html": None,
                "files": [_FILE_EXAMPLE],
                "date_create": "2026-11-23T09:04:10.512000Z",
                "written_at": "2026-11-23T09:04:10.512000Z",
                "delivery": {
                    "state": "sent",
                    "attempts": 1,
                    "smtp_code": 250,
                    "smtp_reply": "2.0.0 OK",
                    "reason": "",
                    "sent_at": "2026-11-23T09:04:11.020000Z",
                    "next_attempt_at": None,
                    "bounce": None,
                    "send_at": None,
                    "held_by": None,
                    "timeline": [],
                },
                "deliveries": [],
                "origin": None,
            }
        }

    @swagger_serializer_method(ActorIdField())
    def get_sender_id(self, message: Message) -> str | int:
        """Return the requester's or participant's address, or the operator's id."""
        return message.operator_id or message.sender_email or message.ticket.requester.email

    @swagger_serializer_method(DeliverySerializer(allow_null=True))
    def get_delivery(self, message: Message) -> dict[str, Any] | None:
        """How far the mail to the requester has got; null for a message of theirs."""
        return shown_delivery(message.delivery) if message.delivery else None

    @swagger_serializer_method(DeliveryOfRecipientSerializer(many=True))
    def get_deliveries(self, message: Message) -> list[dict[str, Any]]:
        """How far the mail to the requester has got, and those to the participants after it."""
        if not message.delivery:
            return []
        of_all = [
            (message.ticket.requester.email, message.delivery),
            *sorted(message.copies.items()),
        ]
        return [
            {"recipient": recipient, **shown_delivery(delivery)} for recipient, delivery in of_all
        ]

    @swagger_serializer_method(
        serializers.CharField(
            allow_null=True, help_text="URL of the message as an HTML page; null without HTML."
        )
    )
    def get_html(self, message: Message) -> str | None:
        """Return the URL of the message's HTML page, or None without HTML."""
        has_html = getattr(message, "has_html", None)  # the list annotates it and defers `html`
        if not (bool(message.html) if has_html is None else has_html):
            return None
        return _absolute_url(self, "message-html", request_id=message.ticket_id, pk=message.pk)

    @swagger_serializer_method(FileSerializer(many=True))
    def get_files(self, message: Message) -> Any:
        """Files of the message, in their order."""
        files = sorted(message.attachments.all(), key=lambda file: file.position)  # prefetched
        return FileSerializer(files, many=True, context=self.context).data


def shown_messages(ticket: Ticket) -> QuerySet[Message]:
    """Return a ticket's messages with what `MessageSerializer` shows of them.

    ticket: with its requester, which the messages get.
    """
    attachments = Attachment.objects.select_related("blob").order_by("position")
    return (
        ticket.messages.prefetch_related(Prefetch("attachments", attachments))
        # The HTML has up to 2 MB, and the list shows only whether there is any.
        .defer("html")
        .annotate(has_html=ExpressionWrapper(~Q(html=""), BooleanField()))
    )


class UploadIdsField(serializers.ListField):
    """The ids of uploads, each once."""

    child = IdField()

    def __init__(self) -> None:
        super().__init__(
            default=list,
            max_length=1000,
            help_text="Ids of files that you uploaded to this request.",
        )

    def to_internal_value(self, data: Any) -> list[int]:
        """Reject a file that is named twice."""
        ids = super().to_internal_value(data)
        if len(set(ids)) < len(ids):
            raise serializers.ValidationError(_("Each file only once."))
        return ids


class ReplySerializer(serializers.Serializer[Message]):
    """An operator's message to the requester."""

    title = serializers.CharField(max_length=TITLE_CHARACTERS)
    description = TextField()
    recipient_mail = serializers.CharField(max_length=320)
    operator_id = serializers.IntegerField(min_value=1, max_value=MAX_OPERATOR_ID)
    files = UploadIdsField()
    quote = serializers.BooleanField(
        default=False, help_text="Quote the requester's last message below the text."
    )
    cc = serializers.ListField(
        child=serializers.CharField(max_length=MAX_CHARACTERS),
        required=False,
        max_length=MOST_PARTICIPANTS,
        help_text="Addresses of participants who get it, too; by default all.",
    )
    send_at = SendTimeField(
        required=False, allow_null=True, help_text="Not before this time; at most in 30 days."
    )
    hold_if_crossed = serializers.BooleanField(
        default=False,
        help_text="Hold it if the requester writes after it was written and before it has left.",
    )
    take = serializers.BooleanField(
        default=False, help_text="Take the request, unless it is yours."
    )
    close = serializers.BooleanField(default=False, help_text="Close the request after it.")

    class Meta:
        swagger_schema_fields = {
            "example": {
                "title": "Re: Не печатает принтер",
                "description": "Добрый день! Проверьте, пожалуйста, бумагу.",
                "recipient_mail": "ivan@example.com",
                "operator_id": 7,
                "files": [5],
                "quote": True,
                "cc": ["petr@example.com"],
                "send_at": None,
                "hold_if_crossed": True,
                "take": True,
                "close": False,
            }
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reject closing a request now whose answer goes out later."""
        if attrs["close"] and attrs.get("send_at"):
            message = _("A request cannot be closed with an answer that goes out later.")
            raise serializers.ValidationError({"close": [message]})
        return attrs

    def validate_recipient_mail(self, value: str) -> str:
        """Reject any address but the requester's, in whatever spelling."""
        ticket: Ticket = self.context["ticket"]
        if not is_address_of(ticket.requester, value):
            raise serializers.ValidationError(
                _("Must be the requester's address, the request's user_email.")
            )
        return value
