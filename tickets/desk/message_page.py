"""The HTML of a mail in a frame of the ticket's page, and a long text as a page of its own."""

import html

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.request import Request

from operators.desk.views import DeskView
from tickets.api.message_html import HEADERS, message_page, render_page
from tickets.models import Message


class DeskMessageView(DeskView):
    """A message's HTML as the API shows it, for who is signed in at the desk."""

    def get(self, request: Request, request_id: int, message_id: int) -> HttpResponse:
        """Show the HTML, with `?images=1` with images from elsewhere, or with `?text` the text."""
        message = get_object_or_404(Message, pk=message_id, ticket_id=request_id)
        if "text" in request.query_params or not message.html:
            body = f"<pre>\n{html.escape(message.text)}</pre>"
            return HttpResponse(render_page(message.title, body), headers=HEADERS)
        return message_page(message, remote_images=request.query_params.get("images") == "1")


urlpatterns = [
    path(
        "desk/tickets/<int:request_id>/messages/<int:message_id>/html/",
        DeskMessageView.as_view(),
        name="desk-message",
    ),
]
