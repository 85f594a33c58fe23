"""Errors of tickets and their files, with their HTTP status.

`extra` holds what the error's JSON has besides `code`, `message` and `fields`.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException

from operators.exceptions import Conflict


class NotAllowedInThisStatus(Conflict):
    """The ticket's status does not allow the move."""

    default_code = "not_allowed_in_this_status"
    default_detail = _("The ticket's status does not allow this.")


class HasOpenRequest(Conflict):
    """The requester has an open ticket; request_id: its number."""

    default_code = "has_open_request"
    default_detail = _("The requester has an open request already.")

    def __init__(self, request_id: int) -> None:
        super().__init__()
        self.extra = {"request_id": request_id}


class MergedElsewhere(Conflict):
    """The ticket was merged into another one."""

    default_code = "merged"
    default_detail = _("The request is merged into another one; undo that first.")


class HasMerged(Conflict):
    """Other tickets are merged into the ticket."""

    default_code = "has_merged"
    default_detail = _("Other requests are merged into this one; undo that first.")


class NotMerged(Conflict):
    """The ticket is not merged into another one."""

    default_code = "not_merged"
    default_detail = _("The request is not merged into another one.")


class TooManyParticipants(Conflict):
    """The ticket has as many participants as it may."""

    default_code = "too_many_participants"
    default_detail = _("The request has as many participants as it may have.")


class NotAnAnswer(Conflict):
    """The message is the requester's or a participant's."""

    default_code = "not_an_answer"
    default_detail = _("This message is not an operator's answer.")


class NoteIsOld(Conflict):
    """The time in which a note may be edited is over."""

    default_code = "too_late"
    default_detail = _("A note can be edited for 15 minutes.")


class StaleVersion(APIException):
    """The ticket has changed since the version that the caller knows; version: the latest."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "stale"
    default_detail = _("The request has changed meanwhile; read it again.")

    def __init__(self, version: int) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"version": version}


class StoreUnavailable(APIException):
    """Files cannot be written or read at the moment; nothing is wrong with the files themselves."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = _("The file storage does not answer or is full; try again soon.")
    wait = 30  # seconds; DRF sends it as Retry-After


class FilesTooLarge(APIException):
    """There are more files or bytes than one message may carry."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"


class RangeNotSatisfiable(APIException):
    """The file has none of the bytes that a `Range` asks for; size: the file's, in bytes."""

    status_code = status.HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE
    default_code = "range_not_satisfiable"
    default_detail = _("The file has no such bytes.")

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
