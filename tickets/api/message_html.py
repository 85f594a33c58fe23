"""A message's HTML as a page of its own: sanitised, and under a policy that lets nothing load."""

import base64
import hashlib
import html

import structlog
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_yasg import openapi
from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from tickets.exceptions import StoreUnavailable
from tickets.files import store
from tickets.html.normalizer import TooComplex
from tickets.html.sanitizer import sanitise
from tickets.models import Attachment, Message

log = structlog.get_logger(__name__)

# Raster images, which hold no script and name no resource.
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_IMAGE_BYTES = 5_000_000

_STYLE = """
:root { color-scheme: light }
body { margin: 12px; background: #fff; color: #202124; overflow-wrap: anywhere;
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
img { max-width: 100%; height: auto }
table { max-width: 100%; font-size: inherit }
pre { white-space: pre-wrap }
blockquote { margin: 0 0 0 8px; padding-left: 10px; border-left: 2px solid #dadce0 }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# As it also stands in the page, where it holds for who fetches the page and shows it as `srcdoc`.
_LOADS = "; ".join(
    (
        "default-src 'none'",  # no script, frame, font, form or connection whatsoever
        "img-src data:",  # the mail's own images stand in the page itself
        f"style-src-elem 'sha256-{_STYLE_HASH}'",  # our sheet, and none that slipped in
        "style-src-attr 'unsafe-inline'",  # colours and widths; without url() they load nothing
        "base-uri 'none'",
        "form-action 'none'",
    )
)
# The rest of the policy counts in a header alone. The page has an origin of its own and no script;
# a link opens a tab, which is an ordinary one: other people's pages do not work in a sandbox.
_POLICY = f"sandbox allow-popups allow-popups-to-escape-sandbox; {_LOADS}; frame-ancestors 'self'"
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",  # what frame-ancestors says, for what does not know it
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",  # the names in links are not looked up either
    "Cache-Control": "private, no-store",
}

_DESCRIPTION = (
    "Made harmless with every reading: no scripts, forms, remote images or styles that cover the "
    "page; images of the mail itself stand in it as `data:`; links open a new tab. HTML too large "
    "or too deeply nested is answered as the message's text. To show it in a page of yours, fetch "
    'it with your token and set it as `srcdoc` of an `<iframe sandbox="allow-popups '
    'allow-popups-to-escape-sandbox">`. The HTML as it came is never answered.'
)
_EXAMPLE = (
    '<!doctype html>\n<html><head><meta charset="utf-8">…</head>\n<body>\n'
    '<p>С утра не печатает, вот снимок:</p><img src="data:image/png;base64,iVBORw0…" alt="снимок">'
    "\n</body></html>\n"
)


class MessageHtmlView(APIView):
    """A message's HTML as the operator may see it."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple:  # type: ignore[type-arg]
        """Answer whatever is accepted: the page, and JSON for errors."""
        return super().perform_content_negotiation(request, force=True)

    @swagger_auto_schema(
        operation_description=_DESCRIPTION,
        operation_summary="Show a message's HTML, sanitised",
        responses={
            200: openapi.Response(
                "the page", openapi.Schema(type=openapi.TYPE_FILE), {"text/html": _EXAMPLE}
            ),
            404: "no such message in this ticket, or one without HTML",
        },
        produces=["text/html"],
    )
    def get(self, request: Request, request_id: int, pk: int) -> HttpResponse:
        message = get_object_or_404(Message.objects.exclude(html=""), pk=pk, ticket_id=request_id)
        try:
            body = sanitise(message.html, image=_Images(message).uri)
        except TooComplex:
            body = f"<pre>\n{html.escape(message.text)}</pre>"
        return HttpResponse(page_of(message.title, body), headers=HEADERS)


def page_of(title: str, body: str) -> str:
    """Return the whole page around a body that is harmless already."""
    policy = html.escape(_LOADS)
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


class _Images:
    """The images of one message by content id, each read once."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._uris: dict[str, str | None] = {}
        self._store_is_away = False

    def uri(self, content_id: str) -> str | None:
        if content_id not in self._uris:
            self._uris[content_id] = self._read(content_id)
        return self._uris[content_id]

    def _read(self, content_id: str) -> str | None:
        if self._store_is_away or not content_id or "\0" in content_id:
            return None
        found = (
            Attachment.objects.filter(
                message=self._message,
                content_id=content_id,
                blob__type__in=_IMAGE_TYPES,
                blob__size__lte=_IMAGE_BYTES,
            )
            .select_related("blob")
            .order_by("position")
            .first()
        )
        if found is None:
            return None
        try:
            content = b"".join(store.read(found.blob.sha256))
        except StoreUnavailable:
            # The words are worth showing without the pictures.
            log.warning("inline_image_unavailable", message=self._message.pk)
            self._store_is_away = True
            return None
        return f"data:{found.blob.type};base64,{base64.b64encode(content).decode()}"
