"""Inbox and outbox entries as JSON."""

from typing import Any

from rest_framework import serializers

from mailing.models import InboundEmail, OutboundEmail


class InboundSerializer(serializers.ModelSerializer[InboundEmail]):
    request = serializers.IntegerField(source="ticket_id", read_only=True, allow_null=True)
    message = serializers.IntegerField(source="message_id", read_only=True, allow_null=True)

    class Meta:
        model = InboundEmail
        fields = [
            "id",
            "source",
            "external_id",
            "state",
            "kind",
            "reason",
            "sender",
            "size",
            "request",
            "message",
            "attempts",
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
                "sender": "ivan@example.com",
                "size": 4210,
                "request": 12,
                "message": 40,
                "attempts": 1,
                "received_at": "2026-11-23T08:59:59.870000Z",
                "processed_at": "2026-11-23T09:00:00.020000Z",
            }
        }


class OutboundSerializer(serializers.ModelSerializer[OutboundEmail]):
    message_id = serializers.CharField(source="message_id_header", read_only=True)
    request = serializers.IntegerField(source="ticket_id", read_only=True, allow_null=True)
    message = serializers.PrimaryKeyRelatedField[Any](read_only=True, allow_null=True)

    class Meta:
        model = OutboundEmail
        fields = [
            "id",
            "kind",
            "recipient",
            "state",
            "message_id",
            "attempts",
            "next_attempt_at",
            "smtp_code",
            "smtp_reply",
            "reason",
            "bounce",
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
                "next_attempt_at": None,
                "smtp_code": 250,
                "smtp_reply": "2.0.0 OK",
                "reason": "",
                "bounce": None,
                "request": 12,
                "message": None,
                "created_at": "2026-11-23T09:00:00.020000Z",
                "sent_at": "2026-11-23T09:00:00.310000Z",
            }
        }


class ArrivalSerializer(serializers.Serializer[Any]):
    """One message of a call, as the Apps Script posts it (described here, read by `payload`)."""

    id = serializers.CharField(max_length=255)
    thread_id = serializers.CharField(required=False)
    internal_date = serializers.IntegerField(help_text="milliseconds since 1970")
    raw = serializers.CharField(help_text="base64url of the RFC 5322 bytes")


class WebhookSerializer(serializers.Serializer[Any]):
    messages = ArrivalSerializer(many=True)

    class Meta:
        swagger_schema_fields = {
            "example": {
                "messages": [
                    {
                        "id": "18c2f0a1b2c3d4e5",
                        "thread_id": "18c2efa1b2c3d4e5",
                        "internal_date": 1795424400000,
                        "raw": "RnJvbTogaXZhbkBleGFtcGxlLmNvbQ0KU3ViamVjdDogSGkNCg0KSGVsbG8NCg",
                    }
                ]
            }
        }


class ResultSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    status = serializers.ChoiceField(["accepted", "duplicate", "rejected"])
    error = serializers.CharField(required=False)


class ResultsSerializer(serializers.Serializer[Any]):
    results = ResultSerializer(many=True)

    class Meta:
        swagger_schema_fields = {
            "example": {"results": [{"id": "18c2f0a1b2c3d4e5", "status": "accepted"}]}
        }


class ReconcileSerializer(serializers.Serializer[Any]):
    """The Gmail ids that the mailbox holds."""

    ids = serializers.ListField(child=serializers.CharField(max_length=255), max_length=20_000)

    class Meta:
        swagger_schema_fields = {"example": {"ids": ["18c2f0a1b2c3d4e5", "18c2f0a1b2c3d4e6"]}}


class MissingSerializer(serializers.Serializer[Any]):
    missing = serializers.ListField(child=serializers.CharField())

    class Meta:
        swagger_schema_fields = {"example": {"missing": ["18c2f0a1b2c3d4e6"]}}
