"""Set the Content Security Policy (level 3) of every answer."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "Content-Security-Policy"

# For everything but pages: a browser that mistakes an answer for a page loads nothing.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# For the start page and the admin: only files of this site, no inline script or style.
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# Pages of the desk also show the HTML of mail and documents, in frames of this site.
DESK = PAGE + "; frame-src 'self'"
# Swagger UI sets inline styles.
DOCS = PAGE.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class ContentSecurityPolicy:
    """Middleware that adds a policy to each answer that has none."""

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
        if match is None:
            return PAGE
        if match.route.startswith("desk/"):
            return DESK
        return DOCS if match.url_name == "docs" else PAGE
