"""The files of a message on the page of a ticket, and the view that shows or downloads one."""

import re
from dataclasses import dataclass

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from rest_framework.request import Request

from operators.desk.views import DeskView
from tickets.api.files import DownloadView
from tickets.models import Attachment, Message

# What a browser shows without running anything of it: raster images, documents, plain text.
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_PDF = "application/pdf"
# Shown as plain text, whatever it is a text of.
_TEXT = re.compile(r"text/(?!.*(?:html|xml|script))|application/json$")
# A larger image is no preview, but a download.
_MOST_IMAGE_BYTES = 10_000_000
# A browser's viewer of documents works in no sandbox, and styles its own page.
_PDF_POLICY = (
    "default-src 'none'; object-src 'self'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
_POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"


@dataclass(frozen=True, repr=False)
class FileLine:
    """A file as the page shows it; preview: "image", "pdf", "text" or "" for none."""

    file: Attachment
    preview: str
    url: str


def file_lines(message: Message) -> list[FileLine]:
    """Return the files of a message, whose `attachments` are prefetched, without its own images."""
    files = sorted(message.attachments.all(), key=lambda file: file.position)
    return [
        FileLine(
            file,
            preview_of(file),
            reverse("desk-file", kwargs={"request_id": file.ticket_id, "file_id": file.pk}),
        )
        for file in files
        if not file.is_inline
    ]


def preview_of(file: Attachment) -> str:
    """Return how a browser may show a file in place."""
    kind = file.blob.type.partition(";")[0].strip().lower()
    if kind in _IMAGES and file.blob.size <= _MOST_IMAGE_BYTES:
        return "image"
    if kind == _PDF:
        return "pdf"
    return "text" if _TEXT.match(kind) else ""


class DeskFileView(DeskView, DownloadView):
    """Download a file, or with `?show` open one of those that a browser shows safely."""

    def get(self, request: Request, request_id: int, file_id: int) -> HttpResponseBase:
        """Answer the file as the API does; to be shown, with a policy of its own."""
        response: HttpResponseBase = super().get(request, request_id, file_id)
        if "show" not in request.query_params:
            return response
        files = Attachment.objects.select_related("blob")
        preview = preview_of(get_object_or_404(files, pk=file_id, ticket=request_id))
        if not preview:
            return response
        response["Content-Disposition"] = response["Content-Disposition"].replace(
            "attachment", "inline", 1
        )
        if preview == "pdf":
            response["Content-Type"] = _PDF
        elif preview == "text":
            response["Content-Type"] = "text/plain; charset=utf-8"
        response["Content-Security-Policy"] = _PDF_POLICY if preview == "pdf" else _POLICY
        response["X-Frame-Options"] = "SAMEORIGIN"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


urlpatterns = [
    path(
        "desk/tickets/<int:request_id>/files/<int:file_id>/",
        DeskFileView.as_view(),
        name="desk-file",
    ),
]
