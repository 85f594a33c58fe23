"""Operators and tokens as JSON, with the field names of the original API."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from operators.models import MAX_NAME_CHARACTERS, MAX_OPERATOR_ID, Operator, OperatorToken


class OperatorSerializer(serializers.ModelSerializer[Operator]):
    """An operator, as it is shown and added."""

    operator_id = serializers.IntegerField(source="pk", min_value=1, max_value=MAX_OPERATOR_ID)
    operator_name = serializers.CharField(source="name", max_length=MAX_NAME_CHARACTERS)
    date_create = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Operator
        fields = [
            "operator_id",
            "operator_name",
            "email",
            "is_active",
            "is_supervisor",
            "date_create",
        ]
        read_only_fields = ["is_active"]
        swagger_schema_fields = {
            "example": {"operator_id": 7, "operator_name": "Мария", "is_supervisor": False}
        }


class OperatorChangeSerializer(OperatorSerializer):
    """The fields of an operator that can be changed; the id cannot."""

    operator_id = serializers.IntegerField(source="pk", read_only=True)

    class Meta(OperatorSerializer.Meta):
        read_only_fields = []
        swagger_schema_fields = {"example": {"is_active": False}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(
                _("Name what to change: operator_name, email, is_active or is_supervisor.")
            )
        return attrs


class TokenSerializer(serializers.ModelSerializer[OperatorToken]):
    """A token without its text, as it is listed."""

    expires_at = serializers.DateTimeField(source="expiry", read_only=True)
    date_create = serializers.DateTimeField(source="created", read_only=True)

    class Meta:
        model = OperatorToken
        fields = ["token_id", "date_create", "expires_at"]
        swagger_schema_fields = {
            "example": {
                "token_id": "3f0c2a52-7d0e-4bb0-9d3f-0f5c8f6f2a11",
                "date_create": "2026-11-23T09:00:00Z",
                "expires_at": "2027-11-23T09:00:00Z",
            }
        }


class IssuedTokenSerializer(TokenSerializer):
    """A new token with its text, which is shown only once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = ["token_id", "token", "date_create", "expires_at"]
        swagger_schema_fields = {
            "example": {
                **TokenSerializer.Meta.swagger_schema_fields["example"],
                "token": "5d8f0d6a…",
            }
        }
