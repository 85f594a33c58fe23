"""The view of a message's HTML: a sanitized page under a policy that lets it load nothing."""

import base64
import hashlib
import html

import structlog
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_yasg import openapi
from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request

from tickets.api.negotiation import AnyAcceptView
from tickets.exceptions import StoreUnavailable
from tickets.files.store import read_file
from tickets.html.normalizer import TooComplex
from tickets.html.sanitizer import sanitize
from tickets.models import Attachment, Message

log = structlog.get_logger(__name__)

# Raster images, which cannot contain scripts or load other resources.
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_MAX_IMAGE_BYTES = 5_000_000

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

# The part of the policy that is also written into the page, for clients that fetch the page and
# show it as `srcdoc`.
_PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",  # no scripts, frames, fonts or connections
        "img-src data:",  # the mail's own images are part of the page
        f"style-src-elem 'sha256-{_STYLE_HASH}'",  # our style sheet and no other
        "style-src-attr 'unsafe-inline'",  # colours and widths; without url() they load nothing
        "base-uri 'none'",
        "form-action 'none'",
    )
)
# Of a page whose reader wants to see the images from elsewhere, too.
_PAGE_POLICY_WITH_IMAGES = _PAGE_POLICY.replace("img-src data:", "img-src data: http: https:")
# `sandbox` and `frame-ancestors` work in a header only. The page has an opaque origin and runs no
# scripts. Tabs that its links open leave the sandbox, because other sites do not work in one.
_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; {page}; frame-ancestors 'self'"
HEADERS = {
    "Content-Security-Policy": _POLICY.format(page=_PAGE_POLICY),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",  # the same for browsers without frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",  # host names of links are not looked up either
    "Cache-Control": "private, no-store",
}

HEADERS_WITH_IMAGES = {
    **HEADERS,
    "Content-Security-Policy": _POLICY.format(page=_PAGE_POLICY_WITH_IMAGES),
}

_DESCRIPTION = (
    "Sanitized with every request: no scripts, forms, remote images or styles that cover the "
    "page. The mail's own images are included as `data:`, and links open a new tab. For HTML that "
    "is too large or too deeply nested the page shows the message's text. To show the page in "
    "one of yours, fetch it with your token and set it as `srcdoc` of an "
    '`<iframe sandbox="allow-popups allow-popups-to-escape-sandbox">`. '
    "The original HTML is never returned."
)
_EXAMPLE = (
    '<!doctype html>\n<html><head><meta charset="utf-8">…</head>\n<body>\n'
    '<p>С утра не печатает, вот снимок:</p><img src="data:image/png;base64,iVBORw0…" alt="снимок">'
    "\n</body></html>\n"
)


class MessageHtmlView(AnyAcceptView):
    """A message's HTML as the operator may see it."""

    @swagger_auto_schema(
        operation_description=_DESCRIPTION,
        operation_summary="Show a message's HTML, sanitized",
        manual_parameters=[
            openapi.Parameter(
                "images",
                openapi.IN_QUERY,
                "`1` shows images from elsewhere, too, which the browser fetches without referrer",
                type=openapi.TYPE_STRING,
                enum=["1"],
            )
        ],
        responses={
            200: openapi.Response(
                "the page", openapi.Schema(type=openapi.TYPE_FILE), {"text/html": _EXAMPLE}
            ),
            404: "no such message in this ticket, or one without HTML",
        },
        produces=["text/html"],
    )
    def get(self, request: Request, request_id: int, pk: int) -> HttpResponse:
        """Answer the page; the text takes the place of HTML that is too complex."""
        message = get_object_or_404(Message.objects.exclude(html=""), pk=pk, ticket_id=request_id)
        return message_page(message, remote_images=request.query_params.get("images") == "1")


def message_page(message: Message, *, remote_images: bool) -> HttpResponse:
    """Return the page of a message's HTML.

    remote_images: with those that the reader's browser fetches from elsewhere.
    """
    try:
        image = _InlineImages(message).data_uri
        body = sanitize(message.html, image=image, remote_images=remote_images)
    except TooComplex:
        body = f"<pre>\n{html.escape(message.text)}</pre>"
    page = render_page(message.title, body, remote_images=remote_images)
    return HttpResponse(page, headers=HEADERS_WITH_IMAGES if remote_images else HEADERS)


def render_page(title: str, body: str, *, remote_images: bool = False) -> str:
    """Return the whole page around a body that is sanitized already."""
    policy = html.escape(_PAGE_POLICY_WITH_IMAGES if remote_images else _PAGE_POLICY)
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


class _InlineImages:
    """The images of a message by Content-ID, each read once."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._uris: dict[str, str | None] = {}
        self._store_is_unavailable = False

    def data_uri(self, content_id: str) -> str | None:
        """Return the image as a `data:` URI, or None where it cannot be shown."""
        if content_id not in self._uris:
            self._uris[content_id] = self._read(content_id)
        return self._uris[content_id]

    def _read(self, content_id: str) -> str | None:
        if self._store_is_unavailable or not content_id or "\0" in content_id:
            return None
        image = (
            Attachment.objects.filter(
                message=self._message,
                content_id=content_id,
                blob__type__in=_IMAGE_TYPES,
                blob__size__lte=_MAX_IMAGE_BYTES,
            )
            .select_related("blob")
            .order_by("position")
            .first()
        )
        if image is None:
            return None
        try:
            content = b"".join(read_file(image.blob.sha256))
        except StoreUnavailable:
            # The text is worth showing without its images.
            log.warning("inline_image_unavailable", message=self._message.pk)
            self._store_is_unavailable = True
            return None
        return f"data:{image.blob.type};base64,{base64.b64encode(content).decode()}"
