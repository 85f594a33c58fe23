"""The base of all pages of the desk.

A page is a whole document, also where htmx asks for it: htmx picks the part that it needs from it
(`hx-select`). A form is posted, and a redirect leads to the page that shows what became of it. So
everything works without JavaScript, too.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operators.desk.kept_form import is_desk_path, keep_form
from operators.models import Operator

# Set by desk.js; the names of IANA's time zones.
TIME_ZONE_COOKIE = "desk_time_zone"
_TIME_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_gzip = GZipMiddleware(lambda request: HttpResponse())


class DeskView(APIView):
    """A page of the desk, or a form of one, for operators who are signed in.

    Its methods return what `self.page` or `self.redirect` returns, and raise the exceptions of
    services as the API's views do: they are shown as a message, with their status.
    """

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]
    parser_classes = [FormParser, MultiPartParser]
    swagger_schema = None  # no part of the API
    metadata_class = None  # no OPTIONS

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in the operator's language and in the reader's time zone."""
        language = getattr(request.user, "language", "") or translation.get_language()
        with translation.override(language), timezone.override(reader_time_zone(request)):
            return super().dispatch(request, *args, **kwargs)

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """Ignore `Accept`: everything here is a page."""
        return JSONRenderer(), "text/html"

    def page(
        self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        """Return a page of a template."""
        return render(self.request._request, template, dict(context or {}), status=status)

    def redirect(self, to: str, *, said: str = "") -> HttpResponse:
        """Return a redirect to a page, which shows what happened, if anything is said."""
        if said:
            messages.success(self.request._request, said)
        answer = HttpResponseRedirect(to)
        answer.status_code = 303  # the page is got, however the form was sent (RFC 9110, 15.4.4)
        return answer

    def back(self, *, said: str = "") -> HttpResponse:
        """Return a redirect to the page that the form was on, or to the queue."""
        return self.redirect(page_before(self.request._request), said=said)

    def finalize_response(  # type: ignore[override]  # the parent's answers need not be DRF's
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Compress a page, and let no cache keep it for somebody else."""
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]  # as in `dispatch`
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        if isinstance(response, HttpResponse) and not isinstance(response, Response):
            return _gzip.process_response(request._request, response)
        return response

    def handle_exception(self, exc: Exception) -> Any:
        """Answer an error: on a page of its own, or as a message on the page of the form."""
        if isinstance(exc, (NotAuthenticated, AuthenticationFailed)):
            return ask_to_sign_in(self.request._request)
        if isinstance(exc, PermissionDenied) and is_csrf_failure(exc):
            return renew_form(self.request._request)
        answer = self.get_exception_handler()(exc, self.get_exception_handler_context())
        if answer is None:
            raise exc
        problem = {"status": answer.status_code, **answer.data["error"]}
        return self.show_problem(problem)

    def show_problem(self, problem: Mapping[str, Any]) -> HttpResponse:
        """Return the answer to a request that failed.

        problem: `status`, `code`, `message` and `fields`, as the API would answer them.
        Its pages have no queues, which a database that is down could not count.
        """
        if getattr(self.request._request, "htmx", None) and self.request.method != "GET":
            answer = self._problem_page("desk/problem.html", problem)
            answer["HX-Retarget"], answer["HX-Reswap"] = "#messages", "innerHTML"
            answer["HX-Push-Url"], answer["HX-Reselect"] = "false", "#messages > *"
            return answer
        if self.request.method in SAFE_METHODS or problem["status"] == 405:
            return self._problem_page("desk/error.html", problem)
        for text in problem_texts(problem):
            messages.error(self.request._request, text)
        return self.back()

    def _problem_page(self, template: str, problem: Mapping[str, Any]) -> HttpResponse:
        return DeskView.page(self, template, {"problem": problem}, status=problem["status"])


def read_form(request: HttpRequest | Request) -> QueryDict:
    """Return a form with ends of lines as in the API, and as they were counted while typing.

    Browsers send CRLF for each (https://html.spec.whatwg.org/#constructing-the-form-data-set).
    """
    form: QueryDict = request.POST.copy()
    for name, values in form.lists():
        form.setlist(name, [value.replace("\r\n", "\n") for value in values])
    return form


def problem_texts(problem: Mapping[str, Any]) -> list[str]:
    """Return what to say of an error: of wrong fields what is wrong with each."""
    texts = [text for of_field in problem["fields"].values() for text in of_field]
    return texts or [problem["message"]]


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Return the way to sign in for somebody who is not, and keep the form that they sent."""
    if getattr(request, "htmx", None):
        return HttpResponse(status=401)  # desk.js keeps the page, and says what to do
    if request.method in SAFE_METHODS:
        where = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('desk-sign-in')}?{where}")
    return keep_form(request, is_signed_in=False)


def is_csrf_failure(error: PermissionDenied) -> bool:
    """Return whether REST framework refused a form for its CSRF token."""
    return str(error.detail).startswith("CSRF Failed")


def renew_form(request: HttpRequest) -> HttpResponse:
    """Answer a form whose token is old, as after a sign-in in another tab, with a new token.

    desk.js writes it into the page, whose sender then sends the form again.
    """
    if getattr(request, "htmx", None):
        answer = HttpResponse(status=403)
        answer["HX-Reswap"], answer["Desk-CSRF-Token"] = "none", get_token(request)
        return answer
    return keep_form(request, is_signed_in=True)


def page_before(request: HttpRequest) -> str:
    """Return the page of the desk that a request came from, or the queue."""
    before = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    # A form that was kept until its sender was signed in may come from its own address, no page.
    is_page = is_of_desk(request, before) and urlsplit(before).path != request.path
    return before if is_page else reverse("desk")


def is_of_desk(request: HttpRequest, url: str) -> bool:
    """Return whether a URL is one of this desk's, and so may be redirected to."""
    path = re.sub(r"\Ahttps?://[^/]*", "", url)
    is_ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return is_ours and is_desk_path(path)


def reader_time_zone(request: HttpRequest) -> Any:
    """Return the time zone of the reader's browser, UTC where that is unknown."""
    name = request.COOKIES.get(TIME_ZONE_COOKIE, "")
    if not _TIME_ZONE.fullmatch(name):
        return timezone.get_default_timezone()
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):  # OSError: the name of a folder of zones
        return timezone.get_default_timezone()


def signed_in(request: HttpRequest) -> bool:
    """Return whether an operator is signed in."""
    return isinstance(request.user, Operator)
