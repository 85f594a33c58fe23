"""What a browser may do with an answer (Content Security Policy, level 3)."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "Content-Security-Policy"

# An answer that is no page has nothing to load, whatever a browser takes it for.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# The start page and the admin: their own files alone, no script or style inside the page.
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# Swagger UI sets styles by attributes.
DOCS = PAGE.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class ContentSecurityPolicy:
    """Gives a policy to each answer that brings none of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if HEADER not in response:
            response[HEADER] = self._policy(request, response)
        return response

    @staticmethod
    def _policy(request: HttpRequest, response: HttpResponseBase) -> str:
        if not response.get("Content-Type", "").startswith("text/html"):
            return NOTHING
        match = request.resolver_match
        return DOCS if match is not None and match.url_name == "docs" else PAGE
