"""Serializers of tickets and their history, with the field names of the original API.

The docstrings of the `get_` methods are descriptions in the schema.
"""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_yasg.utils import swagger_serializer_method
from rest_framework import serializers

from tickets.api.fields import PRIORITY_NAMES
from tickets.models import HistoryEntry, Message, Participant, Priority, Ticket
from tickets.replies import pending_replies


def shown_tickets() -> QuerySet[Ticket]:
    """Return the tickets with what `TicketSerializer` shows of them."""
    merged = Prefetch("merged", Ticket.objects.only("merged_into"))
    return Ticket.objects.select_related("requester").prefetch_related("participants", merged)


class ParticipantSerializer(serializers.ModelSerializer[Participant]):
    """Somebody in copy of a ticket."""

    class Meta:
        model = Participant
        fields = ["id", "email", "name"]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {"id": 3, "email": "petr@example.com", "name": "Пётр Иванов"}
        }


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    """A ticket."""

    request_id = serializers.IntegerField(source="pk", read_only=True)
    date_create = serializers.DateTimeField(source="created_at", read_only=True)
    date_update = serializers.DateTimeField(source="updated_at", read_only=True)
    user_email = serializers.CharField(source="requester.email", read_only=True)
    user_name = serializers.CharField(source="requester.name", read_only=True)
    priority = serializers.SerializerMethodField()
    participants = serializers.SerializerMethodField()
    merged_from = serializers.SerializerMethodField()

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
            "requester",
            "priority",
            "tags",
            "waiting_on",
            "waiting_since",
            "snoozed_until",
            "participants",
            "version",
            "merged_into",
            "merged_from",
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
                "requester": 5,
                "priority": "normal",
                "tags": ["принтер"],
                "waiting_on": "requester",
                "waiting_since": "2026-11-23T09:04:10.512000Z",
                "snoozed_until": None,
                "participants": [{"id": 3, "email": "petr@example.com", "name": "Пётр"}],
                "version": 3,
                "merged_into": None,
                "merged_from": [],
            }
        }

    @swagger_serializer_method(serializers.ChoiceField(PRIORITY_NAMES))
    def get_priority(self, ticket: Ticket) -> str:
        """How urgent it is."""
        return Priority(ticket.priority).name.lower()

    @swagger_serializer_method(ParticipantSerializer(many=True))
    def get_participants(self, ticket: Ticket) -> Any:
        """Who besides the requester gets the operators' messages, and writes in this request."""
        present = [row for row in ticket.participants.all() if not row.is_removed]
        return ParticipantSerializer(sorted(present, key=lambda row: row.pk), many=True).data

    @swagger_serializer_method(serializers.ListField(child=serializers.IntegerField()))
    def get_merged_from(self, ticket: Ticket) -> list[int]:
        """Requests that are merged into this one."""
        return sorted(merged.pk for merged in ticket.merged.all())


class EndedTicketSerializer(TicketSerializer):
    """A ticket that was closed or merged; its answers that wait go out all the same."""

    pending_replies = serializers.SerializerMethodField()

    class Meta(TicketSerializer.Meta):
        fields = [*TicketSerializer.Meta.fields, "pending_replies"]
        swagger_schema_fields = {
            "example": {
                **TicketSerializer.Meta.swagger_schema_fields["example"],
                "pending_replies": [41],
            }
        }

    @swagger_serializer_method(serializers.ListField(child=serializers.IntegerField()))
    def get_pending_replies(self, ticket: Ticket) -> list[int]:
        """Ids of the operators' messages that are scheduled or held."""
        return pending_replies(ticket)


class ListedTicketSerializer(TicketSerializer):
    """A ticket as in the list; `snippet` is there in answers to a search alone."""

    unread = serializers.BooleanField(
        read_only=True,
        help_text=(
            "Whether it is open and has a message of the requester or a participant that you have"
            " neither seen (`PUT …/seen/`) nor answered."
        ),
    )
    snippet = serializers.CharField(
        read_only=True, help_text="The piece of a message or note where the search found a word."
    )

    class Meta(TicketSerializer.Meta):
        fields = [*TicketSerializer.Meta.fields, "unread", "snippet"]


class ActorIdField(serializers.Field[Any, Any, Any, Any]):
    """The schema of an actor's id, which is a string or a number."""

    of_any_type = True  # OpenAPI 2 has no `oneOf`

    class Meta:
        swagger_schema_fields = {
            "description": (
                "The requester's or participant's address, or the operator's id, a number; null"
                " for the system."
            ),
        }


class HistoryEntrySerializer(serializers.ModelSerializer[HistoryEntry]):
    """An entry in a ticket's history."""

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
            "details",
        ]

    @swagger_serializer_method(serializers.ChoiceField(["user", "operator", "system"]))
    def get_actor_type(self, entry: HistoryEntry) -> str:
        """Who acted: the requester or a participant (`user`), an operator, or the system."""
        if entry.is_system:
            return "system"
        return Message.SenderType.OPERATOR if entry.operator_id else Message.SenderType.USER

    @swagger_serializer_method(ActorIdField())
    def get_actor_id(self, entry: HistoryEntry) -> str | int | None:
        """Return the address of who wrote, the operator's id, or None for the system."""
        if entry.is_system:
            return None
        return entry.operator_id or entry.actor_email or entry.ticket.requester.email


class TicketDetailSerializer(TicketSerializer):
    """A ticket with its history."""

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
                        "details": None,
                    }
                ],
            }
        }
