"""How far the mails of an operator's message have got."""

from typing import Any

from rest_framework import serializers


class DeliveryStepSerializer(serializers.Serializer[Any]):
    """A state that a mail has reached, and what the server or an operator said."""

    state = serializers.CharField()
    at = serializers.DateTimeField()
    attempt = serializers.IntegerField()
    smtp_code = serializers.IntegerField(allow_null=True)
    words = serializers.CharField(allow_blank=True)


class DeliverySerializer(serializers.Serializer[Any]):
    """How far a mail that carries an operator's message has got."""

    state = serializers.CharField(
        help_text=(
            "`queued`, `sending`, `sent`, `deferred`, `uncertain`, `failed`, `suppressed`,"
            " `bounced`, `held` or `withdrawn`."
        )
    )
    attempts = serializers.IntegerField()
    smtp_code = serializers.IntegerField(allow_null=True)
    smtp_reply = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    bounce = serializers.JSONField(allow_null=True)
    send_at = serializers.DateTimeField(allow_null=True, help_text="Of a scheduled message.")
    held_by = serializers.IntegerField(
        allow_null=True, help_text="The requester's message that crossed this one."
    )
    timeline = DeliveryStepSerializer(many=True)


class DeliveryOfRecipientSerializer(DeliverySerializer):
    """How far the mail to one recipient has got."""

    recipient = serializers.CharField()


def shown_delivery(delivery: dict[str, Any]) -> dict[str, Any]:
    """Return a delivery as it is stored, with what older ones do not have."""
    return {"send_at": None, "held_by": None, **delivery}
