"""A ticket as an operator enters it for somebody, as JSON."""

from typing import Any

from rest_framework import serializers

from operators.models import Operator
from operators.own_addresses import refuse_own_address
from tickets import opening
from tickets.api.fields import AddressField, PriorityField, TagsField, TextField
from tickets.api.message_serializers import TITLE_CHARACTERS
from tickets.models import Priority, Ticket
from tickets.opening import EnteredTicket


class OpeningSerializer(serializers.Serializer[Ticket]):
    """A ticket for somebody who called or came by, or with a first mail to them."""

    user_email = AddressField(validators=[refuse_own_address], help_text="Whose request it is.")
    user_name = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=255,
        help_text="Kept only if the desk knows no name of theirs.",
    )
    title = serializers.CharField(max_length=TITLE_CHARACTERS)
    description = TextField()
    priority = PriorityField(required=False, help_text="By default normal.")
    tags = TagsField(required=False, default=list)
    notify = serializers.BooleanField(
        default=False, help_text="Mail them that the request was received. Not with `send`."
    )
    send = serializers.BooleanField(
        default=False,
        help_text=(
            "The description is mailed to them as your message; the request is in progress of"
            " yours then."
        ),
    )

    class Meta:
        swagger_schema_fields = {
            "example": {
                "user_email": "ivan@example.com",
                "user_name": "Иван Петров",
                "title": "Не печатает принтер",
                "description": "Звонил: с утра не печатает принтер на третьем этаже.",
                "priority": "high",
                "tags": ["принтер"],
                "notify": True,
            }
        }

    def validate_user_name(self, value: str) -> str:
        """Keep a name on one line."""
        return " ".join(value.split())

    def open_ticket(self, *, by: Operator) -> Ticket:
        """Open the validated ticket as it says; raises `HasOpenRequest`."""
        data: dict[str, Any] = self.validated_data
        entered = EnteredTicket(
            email=data["user_email"],
            name=data["user_name"],
            title=data["title"],
            text=data["description"],
            priority=data.get("priority", Priority.NORMAL),
            tags=data["tags"],
        )
        if data["send"]:
            return opening.open_with_mail(entered, by=by)
        return opening.open_for_requester(entered, by=by, notify=data["notify"])
