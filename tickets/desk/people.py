"""The names of those who act in a ticket, as the page of a ticket shows them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from operators.models import Operator
from tickets.models import HistoryEntry, Message, Requester


@dataclass(frozen=True, repr=False)
class People:
    """All operators by their ids, and the requester of a ticket."""

    operators: dict[int, Operator]
    requester: Requester

    def operator(self, operator_id: object) -> str:
        """Return the name of an operator, whose id may be a history entry's."""
        known = self.operators.get(operator_id) if isinstance(operator_id, int) else None
        return known.name if known else _("nobody")

    def sender(self, message: Message) -> tuple[str, str]:
        """Return the name and the address of who wrote a message; no address for an operator."""
        if message.operator_id is not None:
            return message.sender_name or self.operator(message.operator_id), ""
        address = message.sender_email or self.requester.email
        own_name = "" if message.sender_email else self.requester.name
        return message.sender_name or own_name or address, address

    def actor(self, entry: HistoryEntry) -> str:
        """Return who caused an entry of the history."""
        if entry.is_system:
            return _("The desk")
        if entry.operator_id is not None:
            return self.operator(entry.operator_id)
        return entry.actor_email or self.requester.name or self.requester.email

    @property
    def active(self) -> list[Operator]:
        """The operators who can be given a ticket, by their names."""
        return sorted(
            (operator for operator in self.operators.values() if operator.is_active),
            key=lambda operator: operator.name.lower(),
        )


def people_of(requester: Requester) -> People:
    """Return the operators and the requester of a ticket."""
    rows = Operator.objects.only("name", "is_active")
    return People({operator.pk: operator for operator in rows}, requester)
