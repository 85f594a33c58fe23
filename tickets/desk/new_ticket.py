"""Open a ticket by hand: after a call or a visit, or with a first mail to somebody."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from operators.authentication import current_operator
from operators.desk.views import read_form
from tickets.api.opening import OpeningSerializer
from tickets.desk.views import TicketsDeskView
from tickets.exceptions import HasOpenRequest
from tickets.models import Priority


class NewTicketView(TicketsDeskView):
    """The form for a ticket of somebody."""

    def get(self, request: Request) -> HttpResponse:
        """Show the empty form; the address of the page may name whom it is for."""
        return self._show({"user_email": request.query_params.get("user_email", "")})

    def post(self, request: Request) -> HttpResponse:
        """Open the ticket and show it, or show the form with what is wrong."""
        given = read_ticket(read_form(request))
        serializer = OpeningSerializer(data=given)
        try:
            serializer.is_valid(raise_exception=True)
            ticket = serializer.open_ticket(by=current_operator(request))
        except ValidationError:
            return self._show(given, wrong=serializer.errors, status=400)
        except HasOpenRequest as error:
            return self._show(given, open_ticket=error.extra["request_id"], status=409)
        said = _("The ticket is open.")
        return self.redirect(reverse("desk-ticket", args=[ticket.pk]), said=said)

    def _show(
        self,
        given: dict[str, Any],
        *,
        wrong: Any = None,
        open_ticket: int | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "given": {**given, "tags": " ".join(given.get("tags", []))},
            "wrong": _texts(wrong or {}),
            "open_ticket": open_ticket,
            "priorities": {each.name.lower(): each.label for each in Priority},
        }
        return self.page("desk/new_ticket.html", context, status=status)


def read_ticket(data: QueryDict) -> dict[str, Any]:
    """Return the form as the API takes a ticket that is opened by hand."""
    texts = ("user_email", "user_name", "title", "description")
    return {
        **{name: data.get(name, "") for name in texts},
        "priority": data.get("priority") or "normal",
        "tags": data.get("tags", "").replace(",", " ").split(),
        "send": data.get("how") == "send",
        "notify": data.get("how") == "notify",
    }


def _texts(errors: Any) -> dict[str, list[str]]:
    """Return what is wrong with each field; errors of a list's items are the list's."""
    found = {}
    for name, error in errors.items():
        parts = error.values() if isinstance(error, dict) else [error]
        found[name] = [str(text) for part in parts for text in part]
    return found


urlpatterns = [path("desk/tickets/new/", NewTicketView.as_view(), name="desk-new-ticket")]
