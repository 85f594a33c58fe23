"""Call the webhook's view before the middleware that only pages need."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse

from mailing.webhook.views import WebhookView

PATH = "/requests/webhook/email/"


class WebhookShortcut:
    """Middleware that spares the webhook static files, sessions, CSRF, sign-in and messages.

    What stands above it in `MIDDLEWARE` applies to the webhook, too. Django turns exceptions of the
    view into answers as everywhere, since it wraps each middleware for that.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._view = WebhookView.as_view()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info != PATH:
            return self._get_response(request)
        answer = self._view(request)
        if isinstance(answer, SimpleTemplateResponse):  # an error
            answer.render()
        return answer
