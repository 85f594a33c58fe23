"""One action for many tickets, each in a transaction of its own."""

from enum import StrEnum
from typing import Any

from operators.models import Operator
from tickets import properties, services


class Action(StrEnum):
    """What can be done with many tickets at once."""

    ASSIGN = "assign"
    CLOSE = "close"
    REOPEN = "reopen"
    SNOOZE = "snooze"
    TAG = "tag"
    UNTAG = "untag"
    PRIORITY = "priority"


def apply_action(
    action: Action, value: Any, *, ticket_id: int, version: int | None, by: Operator
) -> None:
    """Do to one ticket what an action means.

    value: the action's value: an operator or None, a time or None, a tag, or a priority.
    Raises what the service for a single ticket raises.
    """
    ticket: dict[str, Any] = {"ticket_id": ticket_id, "version": version, "by": by}
    match action:
        case Action.ASSIGN:
            services.assign_ticket(**ticket, to=value)
        case Action.CLOSE:
            services.close_ticket(**ticket)
        case Action.REOPEN:
            services.reopen_ticket(**ticket)
        case Action.SNOOZE:
            properties.change_ticket(**ticket, changes={"snoozed_until": value})
        case Action.TAG:
            properties.add_tag(**ticket, tag=value)
        case Action.UNTAG:
            properties.remove_tag(**ticket, tag=value)
        case Action.PRIORITY:
            properties.change_ticket(**ticket, changes={"priority": value})
