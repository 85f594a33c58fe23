"""The HTML of a mail in a frame of the ticket's page, and a long text as a page of its own."""

import html
import re

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.request import Request

from operators.desk.views import DeskView
from tickets.api.message_html import HEADERS, message_page, render_page
from tickets.models import Message

_POLICY = "Content-Security-Policy"
# Of the hidden copy whose height the ticket's page reads (frames.js). It is of our origin, so it
# opens nothing, and has boxes for images from elsewhere: a mail may name an address of ours as an
# image, which would be fetched with the reader's cookies.
MEASURED_POLICY = HEADERS[_POLICY].replace(
    "allow-popups allow-popups-to-escape-sandbox", "allow-same-origin"
)
_REMOTE_IMAGE = re.compile(rb'<img src="https?:[^"]*"', re.I)
# Without a size or a ratio of its own: it takes those that the mail gives, else 300 by 150 pixels.
_BOX = b"<img src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E\""


class DeskMessageView(DeskView):
    """A message's HTML as the API shows it, for who is signed in at the desk."""

    def get(self, request: Request, request_id: int, message_id: int) -> HttpResponse:
        """Show the HTML, with `?images=1` with images from elsewhere, or with `?text` the text.

        With `?measure` the page around it can measure the HTML.
        """
        message = get_object_or_404(Message, pk=message_id, ticket_id=request_id)
        if "text" in request.query_params or not message.html:
            body = f"<pre>\n{html.escape(message.text)}</pre>"
            return HttpResponse(render_page(message.title, body), headers=HEADERS)
        answer = message_page(message, remote_images=request.query_params.get("images") == "1")
        if "measure" in request.query_params:
            answer.content = _REMOTE_IMAGE.sub(_BOX, answer.content)
            answer[_POLICY] = MEASURED_POLICY
        return answer


urlpatterns = [
    path(
        "desk/tickets/<int:request_id>/messages/<int:message_id>/html/",
        DeskMessageView.as_view(),
        name="desk-message",
    ),
]
