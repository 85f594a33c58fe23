"""The webhook's requests and answers as JSON, for the API's documentation."""

from typing import Any

from rest_framework import serializers


class ArrivalSerializer(serializers.Serializer[Any]):
    """A message of a call, as the Apps Script posts it; `payload` reads it."""

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
