"""The base of views of one ticket, and changes that its version may forbid (`If-Match`)."""

import re

from django.db import InterfaceError, OperationalError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from operators.repeatable import RepeatableView
from tickets.api.timeline_entries import TimelineSerializer, missed_rows
from tickets.exceptions import StaleVersion
from tickets.models import Ticket

HEADER = "If-Match"
_STRONG_TAG = re.compile(r'"(0|[1-9][0-9]{0,9})"')


def if_match(request: Request) -> int | None:
    """Return the version that a ticket must have to be changed, or None for any.

    Call it after what is 403 or 404. Raises `ValidationError` for anything but one strong entity
    tag or `*` (RFC 9110, 13.1.1).
    """
    header = request.headers.get(HEADER, "*").strip()
    if header == "*":
        return None
    tag = _STRONG_TAG.fullmatch(header)
    if tag is None:
        problem = _('Send the one ETag of the request as it was answered, such as "17", or *.')
        raise ValidationError({HEADER: [problem]})
    return int(tag[1])


class OneTicketView(RepeatableView):
    """A view of the ticket in the path, `request_id`, or of something that belongs to it."""

    def check_path(self) -> None:
        """Raise `Http404` if there is no such ticket."""
        get_object_or_404(Ticket.objects.only("pk"), pk=self.kwargs["request_id"])


class TicketChangeView(OneTicketView):
    """A view that changes the ticket in the path, and passes `if_match()` to its service."""

    def handle_exception(self, exc: Exception) -> Response:
        """Show whose version is old what they have missed, and the present version as `ETag`."""
        if not isinstance(exc, StaleVersion):
            return super().handle_exception(exc)
        try:
            exc.extra["missed"] = self._missed(until=exc.extra["version"])
        except (OperationalError, InterfaceError) as error:
            return super().handle_exception(error)
        response = super().handle_exception(exc)
        response["ETag"] = f'"{exc.extra["version"]}"'
        return response

    def _missed(self, *, until: int) -> object:
        tickets = Ticket.objects.select_related("requester")
        ticket = tickets.get(pk=self.kwargs["request_id"])
        rows = missed_rows(ticket, since=if_match(self.request) or 0, until=until)
        return TimelineSerializer(rows, many=True, context={"request": self.request}).data
