"""Tickets and messages as JSON, under the original API's names."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_yasg.utils import swagger_serializer_method
from rest_framework import serializers
from rest_framework.reverse import reverse

from operators.models import MAX_OPERATOR_ID
from tickets.models import Attachment, HistoryEntry, Message, Ticket

_FILE = {
    "id": 5,
    "name": "Счёт.pdf",
    "type": "application/pdf",
    "claimed_type": "application/pdf",
    "size": 48_112,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "content_id": "",
    "url": "https://desk.example.com/mgs/requests/12/files/5/",
}


def _address(serializer: serializers.BaseSerializer[Any], view: str, **of: int) -> str:
    return reverse(view, kwargs=of, request=serializer.context.get("request"))


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    request_id = serializers.IntegerField(source="pk", read_only=True)
    date_create = serializers.DateTimeField(source="created_at", read_only=True)
    date_update = serializers.DateTimeField(source="updated_at", read_only=True)
    user_email = serializers.CharField(source="requester.email", read_only=True)
    user_name = serializers.CharField(source="requester.name", read_only=True)

    class Meta:
        model = Ticket
        fields = [
            "request_id",
            "title",
            "description",
            "status",
            "date_create",
            "date_update",
            "user_email",
            "user_name",
            "operator",
            "previous",
            "message_count",
            "needs_attention",
        ]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "request_id": 12,
                "title": "Не печатает принтер",
                "description": "Здравствуйте! С утра не печатает принтер на третьем этаже.",
                "status": "in_progress",
                "date_create": "2026-11-23T09:00:00.000000Z",
                "date_update": "2026-11-23T09:04:10.512000Z",
                "user_email": "ivan@example.com",
                "user_name": "Иван Петров",
                "operator": 7,
                "previous": None,
                "message_count": 2,
                "needs_attention": False,
            }
        }


class WhoField(serializers.Field[Any, Any, Any, Any]):
    """How the schema describes whoever did or wrote something."""

    of_any_type = True  # OpenAPI 2 has no word for one of two

    class Meta:
        swagger_schema_fields = {
            "description": "The requester's address, or the operator's id, a number.",
        }


class HistoryEntrySerializer(serializers.ModelSerializer[HistoryEntry]):
    date_create = serializers.DateTimeField(source="created_at", read_only=True)
    actor_type = serializers.SerializerMethodField()
    actor_id = serializers.SerializerMethodField()

    class Meta:
        model = HistoryEntry
        fields = [
            "id",
            "event",
            "date_create",
            "actor_type",
            "actor_id",
            "status_before",
            "status_after",
            "message",
        ]

    @swagger_serializer_method(serializers.ChoiceField(Message.SenderType.choices))
    def get_actor_type(self, entry: HistoryEntry) -> str:
        return Message.SenderType.OPERATOR if entry.operator_id else Message.SenderType.USER

    @swagger_serializer_method(WhoField())
    def get_actor_id(self, entry: HistoryEntry) -> str | int:
        return entry.operator_id or entry.ticket.requester.email


class TicketDetailSerializer(TicketSerializer):
    history = HistoryEntrySerializer(many=True, read_only=True)

    class Meta(TicketSerializer.Meta):
        fields = [*TicketSerializer.Meta.fields, "history"]
        swagger_schema_fields = {
            "example": {
                **TicketSerializer.Meta.swagger_schema_fields["example"],
                "history": [
                    {
                        "id": 31,
                        "event": "opened",
                        "date_create": "2026-11-23T09:00:00.000000Z",
                        "actor_type": "user",
                        "actor_id": "ivan@example.com",
                        "status_before": None,
                        "status_after": "new",
                        "message": 40,
                    }
                ],
            }
        }


class AttentionSerializer(serializers.Serializer[Ticket]):
    """Whether somebody should look at what became of the ticket's mail."""

    needs_attention = serializers.BooleanField()

    class Meta:
        swagger_schema_fields = {"example": {"needs_attention": False}}


class FileSerializer(serializers.ModelSerializer[Attachment]):
    type = serializers.CharField(source="blob.type", help_text="What its bytes say.")
    claimed_type = serializers.CharField(help_text="What its sender says.")
    size = serializers.IntegerField(source="blob.size")
    sha256 = serializers.CharField(source="blob_id")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = ["id", "name", "type", "claimed_type", "size", "sha256", "content_id", "url"]
        swagger_schema_fields = {"example": _FILE}

    @swagger_serializer_method(serializers.CharField())
    def get_url(self, file: Attachment) -> str:
        return _address(self, "file", request_id=file.ticket_id, file_id=file.pk)


class SegmentSerializer(serializers.Serializer[Any]):
    """A stretch of a message's text, in characters; the segments cover it in order."""

    kind = serializers.ChoiceField(["reply", "quoted", "signature"])
    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)


class MessageSerializer(serializers.ModelSerializer[Message]):
    request = serializers.IntegerField(source="ticket_id", read_only=True)
    sort = serializers.IntegerField(source="number", read_only=True)
    sender_id = serializers.SerializerMethodField()
    date_create = serializers.DateTimeField(source="created_at", read_only=True)
    segments = SegmentSerializer(many=True, read_only=True)
    html = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()

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
                "files": [_FILE],
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
                },
                "origin": None,
            }
        }

    @swagger_serializer_method(WhoField())
    def get_sender_id(self, message: Message) -> str | int:
        return message.operator_id or message.ticket.requester.email

    @swagger_serializer_method(
        serializers.CharField(
            allow_null=True, help_text="Where the message is shown as HTML; null: it has none."
        )
    )
    def get_html(self, message: Message) -> str | None:
        has_html = getattr(message, "has_html", None)  # a list does not load it
        if not (bool(message.html) if has_html is None else has_html):
            return None
        return _address(self, "message-html", request_id=message.ticket_id, pk=message.pk)

    @swagger_serializer_method(FileSerializer(many=True))
    def get_files(self, message: Message) -> Any:
        rows = sorted(message.attachments.all(), key=lambda row: row.position)  # prefetched
        return FileSerializer(rows, many=True, context=self.context).data


class ReplySerializer(serializers.Serializer[Message]):
    """An operator's message to the requester."""

    title = serializers.CharField(max_length=500)
    description = serializers.CharField(max_length=100_000, trim_whitespace=False)
    recipient_mail = serializers.CharField(max_length=320)
    operator_id = serializers.IntegerField(min_value=1, max_value=MAX_OPERATOR_ID)
    files = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        default=list,
        max_length=1000,
        help_text="Ids of files that you uploaded to this request.",
    )
    quote = serializers.BooleanField(
        default=False, help_text="Quote the requester's last message below the text."
    )

    class Meta:
        swagger_schema_fields = {
            "example": {
                "title": "Re: Не печатает принтер",
                "description": "Добрый день! Проверьте, пожалуйста, бумагу.",
                "recipient_mail": "ivan@example.com",
                "operator_id": 7,
                "files": [5],
                "quote": True,
            }
        }

    def validate_files(self, value: list[int]) -> list[int]:
        if len(set(value)) < len(value):
            raise serializers.ValidationError(_("Each file only once."))
        return value

    def validate_recipient_mail(self, value: str) -> str:
        ticket: Ticket = self.context["ticket"]
        if value.lower() != ticket.requester.email:
            raise serializers.ValidationError(
                _("Must be the requester's address, the request's user_email.")
            )
        return value

    def validate_description(self, value: str) -> str:
        if not value.strip():
            raise serializers.ValidationError(_("This field may not be blank."), code="blank")
        return value
