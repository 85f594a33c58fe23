"""The values that tickets, messages and history have to choose from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Statuses of a ticket in the order of its life; `tickets.transitions` explains them."""

    NEW = "new", _("new")
    IN_PROGRESS = "in_progress", _("in progress")
    CLOSED = "closed", _("closed")


OPEN = (Status.NEW, Status.IN_PROGRESS)


class Priority(models.IntegerChoices):
    """How urgent a ticket is; numbers, so that an index has them in this order."""

    LOW = 1, _("low")
    NORMAL = 2, _("normal")
    HIGH = 3, _("high")
    URGENT = 4, _("urgent")


class WaitingOn(models.TextChoices):
    """Whose turn it is in an open ticket."""

    OPERATOR = "operator", _("operator")
    REQUESTER = "requester", _("requester")


class Event(models.TextChoices):
    """The events in a ticket's history."""

    OPENED = "opened", _("opened")
    WROTE = "requester_wrote", _("requester wrote")
    TAKEN = "taken", _("taken")
    REPLIED = "operator_replied", _("operator replied")
    CLOSED = "closed", _("closed")
    ASSIGNED = "assigned", _("assigned")
    REOPENED = "reopened", _("reopened")
    SNOOZED = "snoozed", _("snoozed")
    WOKEN = "woken", _("woken")
    PRIORITY_CHANGED = "priority_changed", _("priority changed")
    TAGS_CHANGED = "tags_changed", _("tags changed")
    MERGED = "merged", _("merged")
    UNMERGED = "unmerged", _("unmerged")
    PARTICIPANT_ADDED = "participant_added", _("participant added")
    PARTICIPANT_REMOVED = "participant_removed", _("participant removed")
    REPLY_HELD = "reply_held", _("reply held")
    REPLY_WITHDRAWN = "reply_withdrawn", _("reply withdrawn")
    REPLY_RELEASED = "reply_released", _("reply released")
    NOTE_ADDED = "note_added", _("note added")
    NOTE_EDITED = "note_edited", _("note edited")
    NOTE_DELETED = "note_deleted", _("note deleted")
    ATTENTION_CHANGED = "attention_changed", _("attention changed")


# Each message has one entry of these.
MESSAGE_EVENTS = (Event.OPENED, Event.WROTE, Event.REPLIED)
