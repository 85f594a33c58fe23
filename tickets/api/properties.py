"""What operators set in a ticket, as JSON: priority, tags, attention and snooze."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from tickets.api.fields import FutureTimeField, PriorityField, TagsField
from tickets.models import Ticket


class PropertiesSerializer(serializers.Serializer[Ticket]):
    """New values of a ticket's properties; what is missing stays."""

    priority = PriorityField(required=False)
    tags = TagsField(
        required=False,
        help_text=(
            "Replaces all. Letters of any script, digits and hyphens, up to 50 each; upper case is"
            " lowered, doubles are dropped; at most 20 then."
        ),
    )
    needs_attention = serializers.BooleanField(
        required=False, help_text="Whether somebody should see to a mail that did not arrive."
    )
    snoozed_until = FutureTimeField(
        required=False,
        allow_null=True,
        help_text="A time to come, with its offset; null wakes. Not in a closed request.",
    )

    class Meta:
        swagger_schema_fields = {"example": {"priority": "high", "tags": ["принтер"]}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reject a request that names nothing to change."""
        if not attrs:
            raise serializers.ValidationError(
                _("Name what to change: priority, tags, needs_attention or snoozed_until.")
            )
        return attrs
