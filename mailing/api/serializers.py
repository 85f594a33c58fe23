"""Inbox and outbox entries as JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_yasg.utils import swagger_serializer_method
from rest_framework import serializers

from mailing.inbound import replay
from mailing.models import MAIL_KIND_CHOICES, InboundEmail, OutboundEmail
from operators.mailboxes import readable_address


class InboundSerializer(serializers.ModelSerializer[InboundEmail]):
    request = serializers.IntegerField(source="ticket_id", read_only=True, allow_null=True)
    message = serializers.IntegerField(source="message_id", read_only=True, allow_null=True)
    sender = serializers.SerializerMethodField(label=_("sender"))
    rule = serializers.SerializerMethodField()
    changed_by_replay = serializers.SerializerMethodField()

    class Meta:
        model = InboundEmail
        fields = [
            "id",
            "source",
            "external_id",
            "state",
            "kind",
            "reason",
            "rule",
            "sender",
            "size",
            "request",
            "message",
            "attempts",
            "changed_by_replay",
            "trace",
            "received_at",
            "processed_at",
        ]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "id": 51,
                "source": "gmail",
                "external_id": "18c2f0a1b2c3d4e5",
                "state": "processed",
                "kind": "person",
                "reason": "",
                "rule": "",
                "sender": "ivan@example.com",
                "size": 4210,
                "request": 12,
                "message": 40,
                "attempts": 1,
                "changed_by_replay": None,
                "trace": "9b2f6c1e4d0a4f7c8e5b3a2d1c0f9e8d",
                "received_at": "2026-11-23T08:59:59.870000Z",
                "processed_at": "2026-11-23T09:00:00.020000Z",
            }
        }

    def get_sender(self, inbound: InboundEmail) -> str:
        """The address whose ticket the mail goes to."""
        return readable_address(inbound.requester_address)

    def get_rule(self, inbound: InboundEmail) -> str:
        """The rule by which an ignored mail was ignored; empty for other mail."""
        return replay.ignoring_rule(inbound)

    def get_changed_by_replay(self, inbound: InboundEmail) -> dict[str, list[Any]] | None:
        """What the last replay changed, as [before, after] by name; null without one."""
        return replay.changes(inbound)


class TimelineEntrySerializer(serializers.Serializer[Any]):
    """A state that a mail came into, with what the server or an operator said."""

    state = serializers.ChoiceField(OutboundEmail.State.choices)
    at = serializers.DateTimeField()
    attempt = serializers.IntegerField()
    smtp_code = serializers.IntegerField(allow_null=True)
    words = serializers.CharField(allow_blank=True)

    class Meta:
        ref_name = "Step"  # generated clients know it by this name


class OutboundSerializer(serializers.ModelSerializer[OutboundEmail]):
    message_id = serializers.CharField(source="message_id_header", read_only=True)
    request = serializers.IntegerField(
        source="ticket_id",
        read_only=True,
        allow_null=True,
        help_text="null for a mail that is about no request",
    )
    message = serializers.PrimaryKeyRelatedField[Any](read_only=True, allow_null=True)
    uncertain_attempts = serializers.IntegerField(
        read_only=True,
        help_text="How many attempts ended without an answer: so often it may have arrived before.",
    )
    # As stored: the entry's serializer would format the times again.
    timeline = serializers.SerializerMethodField()

    class Meta:
        model = OutboundEmail
        fields = [
            "id",
            "kind",
            "recipient",
            "state",
            "message_id",
            "attempts",
            "uncertain_attempts",
            "next_attempt_at",
            "smtp_code",
            "smtp_reply",
            "reason",
            "bounce",
            "timeline",
            "trace",
            "request",
            "message",
            "created_at",
            "sent_at",
        ]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "id": 77,
                "kind": "created",
                "recipient": "ivan@example.com",
                "state": "sent",
                "message_id": "<176388840012.4242.1@servicedesk.example>",
                "attempts": 1,
                "uncertain_attempts": 0,
                "next_attempt_at": None,
                "smtp_code": 250,
                "smtp_reply": "2.0.0 OK",
                "reason": "",
                "bounce": None,
                "timeline": [
                    {
                        "state": "queued",
                        "at": "2026-11-23T09:00:00.020000Z",
                        "attempt": 0,
                        "smtp_code": None,
                        "words": "",
                    },
                    {
                        "state": "sent",
                        "at": "2026-11-23T09:00:00.310000Z",
                        "attempt": 1,
                        "smtp_code": 250,
                        "words": "2.0.0 OK",
                    },
                ],
                "trace": "9b2f6c1e4d0a4f7c8e5b3a2d1c0f9e8d",
                "request": 12,
                "message": None,
                "created_at": "2026-11-23T09:00:00.020000Z",
                "sent_at": "2026-11-23T09:00:00.310000Z",
            }
        }

    @swagger_serializer_method(TimelineEntrySerializer(many=True))
    def get_timeline(self, outbound: OutboundEmail) -> list[dict[str, Any]]:
        return list(outbound.timeline)


class ReplayAllSerializer(serializers.Serializer[Any]):
    """Which mails to process again: those named, or all in a state, of a kind if one is given."""

    state = serializers.ChoiceField(replay.REPLAYABLE, default="quarantined")
    kind = serializers.ChoiceField(MAIL_KIND_CHOICES, required=False)
    after = serializers.IntegerField(
        default=0, min_value=0, max_value=2**63 - 1, help_text="Only ids greater than this."
    )
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=replay.MAX_AT_ONCE,
    )

    class Meta:
        swagger_schema_fields = {"example": {"state": "quarantined"}}


class RefusalSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    reason = serializers.CharField()


class ReplayedSerializer(serializers.Serializer[Any]):
    replayed = serializers.IntegerField()
    refused = RefusalSerializer(many=True)
    remaining = serializers.IntegerField(help_text="Not looked at yet: call again.")
    next_after = serializers.IntegerField(
        allow_null=True, help_text="The `after` of the next call; null when none remain."
    )

    class Meta:
        swagger_schema_fields = {
            "example": {"replayed": 3, "refused": [], "remaining": 0, "next_after": None}
        }
