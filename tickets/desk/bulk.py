"""Do one thing to the tickets that are selected in a list, or to the one of a row."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from operators.authentication import current_operator
from operators.desk.views import page_before
from tickets import services
from tickets.api.bulk import VALUES, BulkSerializer, results_of
from tickets.api.pages import MAX_PAGE_SIZE
from tickets.bulk import Action, apply_action
from tickets.desk.snooze_times import read_snooze_time
from tickets.desk.views import TicketsDeskView

_TAKE = "take"  # an action of a row alone


class BulkActionView(TicketsDeskView):
    """The form around a list."""

    def post(self, request: Request) -> HttpResponse:
        """Do what the button says, and tell for which tickets it did not work, and why."""
        given = read_selection(request.POST)
        by = current_operator(request)
        is_taking = given["action"] == _TAKE
        serializer = BulkSerializer(data={**given, "action": Action.CLOSE} if is_taking else given)
        serializer.is_valid(raise_exception=True)
        valid = serializer.validated_data
        act: Callable[..., object]
        if is_taking:
            act = partial(services.take_ticket, by=by)
        else:
            action = Action(valid["action"])
            act = partial(apply_action, action, valid.get(VALUES.get(action, "")), by=by)
        self._tell(results_of(self, valid["requests"], act))
        return self.redirect(self._list_before())

    def _tell(self, results: Sequence[Mapping[str, Any]]) -> None:
        """Leave a message for what went well, and one for each reason of what did not."""
        request = self.request._request
        refused: dict[str, list[str]] = {}
        for result in results:
            if result["error"]:
                reason = str(result["error"]["message"])
                refused.setdefault(reason, []).append(f"#{result['request_id']}")
        done = [result for result in results if not result["error"]]
        if len(done) == 1:
            messages.success(request, _("Done: #%(number)s") % {"number": done[0]["request_id"]})
        elif done:
            text = ngettext("Done for %(n)d ticket", "Done for %(n)d tickets", len(done))
            messages.success(request, text % {"n": len(done)})
        for reason, numbers in refused.items():
            text = _("Not done for %(numbers)s: %(reason)s")
            messages.error(request, text % {"numbers": ", ".join(numbers), "reason": reason})

    def _list_before(self) -> str:
        """Return the list that the form was on, as long as it was there."""
        url = page_before(self.request._request)
        size = self.request.POST.get("page_size", "")
        if not (size.isascii() and size.isdigit() and 0 < int(size[:4]) <= MAX_PAGE_SIZE):
            return url
        parts = urlsplit(url)
        query = [(name, value) for name, value in parse_qsl(parts.query) if name != "page_size"]
        return parts._replace(query=urlencode([*query, ("page_size", size)])).geturl()


def read_selection(data: QueryDict) -> dict[str, Any]:
    """Return what the form says, as the API's bulk action takes it.

    `only`: the action of a row, with its ticket. `ticket`: each selected one. A ticket is its
    number and its version, such as "12-5"; only closing insists on the version, since it must not
    close what the requester has just written.
    """
    action, _blank, ticket = data.get("only", "").partition(" ")
    tickets = [ticket] if action else data.getlist("ticket")
    action = action or data.get("action") or _action_of_field(data)
    if not tickets:
        raise ValidationError({"requests": [_("Choose tickets first.")]})
    if not action:
        raise ValidationError({"action": [_("Choose what to do with them.")]})
    requests = []
    for each in tickets:
        number, _dash, version = each.partition("-")
        is_strict = action == Action.CLOSE and version.isdigit()
        requests.append({"request_id": number, "version": version if is_strict else None})
    return {
        "requests": requests,
        "action": action,
        "operator_id": data.get("operator_id") or None,
        "tag": data.get("tag", ""),
        "priority": data.get("priority", ""),
        "snoozed_until": read_snooze_time(data),
    }


def _action_of_field(data: QueryDict) -> str:
    """Return the action of the button with a value, or of the field in which Enter was pressed."""
    if data.get("snooze_to"):
        return Action.SNOOZE
    if data.get("priority"):
        return Action.PRIORITY
    return Action.TAG if data.get("tag", "").strip() else ""


urlpatterns = [path("desk/bulk/", BulkActionView.as_view(), name="desk-bulk")]
