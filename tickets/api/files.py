"""Views for the files of a ticket: upload and download."""

import re
from collections.abc import Iterator

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_yasg import openapi
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from tickets.api.message_serializers import FileSerializer
from tickets.api.negotiation import AnyAcceptView
from tickets.api.preconditions import OneTicketView
from tickets.exceptions import RangeNotSatisfiable
from tickets.files.filenames import download_disposition
from tickets.files.store import NewFile, read_file
from tickets.files.uploads import UploadLimit, add_uploads, check_limits, receive_uploads
from tickets.models import Attachment, Ticket

_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,18})-(\d{0,18})", re.IGNORECASE)
# Types that a browser could execute or render, never sent with their own Content-Type.
_ACTIVE_TYPES = re.compile(r"html|xml|svg|javascript|ecmascript|flash|pdf", re.IGNORECASE)
_VALID_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+", re.IGNORECASE)


class UploadView(OneTicketView):
    """Upload files for a reply."""

    parser_classes = [MultiPartParser]
    files: list[NewFile] = []

    def read_body(self, request: Request) -> None:
        """Receive the files, and store their bytes: no transaction may be open for that."""
        limit = UploadLimit(request._request)
        request.upload_handlers = [limit, TemporaryFileUploadHandler(request._request)]
        uploaded = request.FILES.getlist("file")
        check_limits(file_count=limit.file_count, byte_count=limit.byte_count)
        if not uploaded:
            raise ValidationError({"file": [_("Send at least one file, as multipart/form-data.")]})
        self.files = receive_uploads(uploaded)

    @swagger_auto_schema(
        manual_parameters=[
            openapi.Parameter(
                "file",
                openapi.IN_FORM,
                "may come several times",
                type=openapi.TYPE_FILE,
                required=True,
            )
        ],
        responses={
            201: FileSerializer(many=True),
            400: "no file",
            413: "more or larger than one message takes",
            415: "no multipart/form-data",
        },
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Upload files for a message; name their ids in `files` when you send it, within a day."""
        ticket = get_object_or_404(Ticket, pk=request_id)
        if not self.files:
            self.read_body(request)
        files = add_uploads(ticket=ticket, by=current_operator(request), files=self.files)
        data = FileSerializer(files, many=True, context={"request": request}).data
        return Response(data, status=status.HTTP_201_CREATED)


class DownloadView(AnyAcceptView):
    """Download a file."""

    @swagger_auto_schema(
        manual_parameters=[
            openapi.Parameter(
                "Range",
                openapi.IN_HEADER,
                "one range of bytes, as `bytes=0-999`",
                type=openapi.TYPE_STRING,
            )
        ],
        responses={
            200: openapi.Response("the file", openapi.Schema(type=openapi.TYPE_FILE)),
            206: openapi.Response(
                "with `Range` a part of it", openapi.Schema(type=openapi.TYPE_FILE)
            ),
            304: "it is what If-None-Match names",
            416: "the file has no such bytes",
        },
        produces=["application/octet-stream", "*/*"],
    )
    def get(self, request: Request, request_id: int, file_id: int) -> HttpResponseBase:
        """Download a file, or with `Range` a part of it; never for a browser to open in place."""
        attachments = Attachment.objects.select_related("blob")
        file = get_object_or_404(attachments, pk=file_id, ticket=request_id)
        size, etag = file.blob.size, _etag(file)
        if etag in request.headers.get("If-None-Match", ""):
            return _add_headers(HttpResponse(status=304), file)
        is_unchanged = request.headers.get("If-Range", etag) == etag
        byte_range = _parse_range(request.headers.get("Range", ""), size) if is_unchanged else None
        start, end = byte_range or (0, size)
        if byte_range and start >= end:
            raise RangeNotSatisfiable(size)
        response = StreamingHttpResponse(_read_first(read_file(file.blob_id, start=start, end=end)))
        response["Content-Length"] = str(end - start)
        if byte_range:
            response.status_code = 206
            response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        return _add_headers(response, file)

    def handle_exception(self, exc: Exception) -> Response:
        """Add the file's size to the answer 416 (RFC 9110, 15.5.17)."""
        response = super().handle_exception(exc)
        if isinstance(exc, RangeNotSatisfiable):
            response["Content-Range"] = f"bytes */{exc.size}"
        return response


def _parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return start and end of the bytes that a Range asks for (RFC 9110, 14.2).

    Start is not below end where the file has no such bytes. None for no range, several or a
    malformed one: then the answer is the whole file.
    """
    match = _RANGE.fullmatch(header.strip())
    if not match or not (match[1] or match[2]):
        return None
    if not match[1]:
        suffix_length = int(match[2])
        return (max(size - suffix_length, 0) if suffix_length else size), size
    start, end = int(match[1]), int(match[2]) + 1 if match[2] else size
    if match[2] and end <= start:
        return None
    return start, min(end, size)


def _read_first(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first piece at once, so that an unavailable storage gives 503, not a cut file."""
    first = next(pieces, b"")

    def all_pieces() -> Iterator[bytes]:
        yield first
        yield from pieces

    return all_pieces()


def _add_headers(response: HttpResponseBase, file: Attachment) -> HttpResponseBase:
    content_type = file.blob.type
    if _ACTIVE_TYPES.search(content_type) or not _VALID_TYPE.fullmatch(content_type):
        content_type = "application/octet-stream"
    response["Content-Type"] = content_type
    response["Content-Disposition"] = download_disposition(file.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _etag(file)
    response["Cache-Control"] = "private, no-cache"
    return response


def _etag(file: Attachment) -> str:
    return f'"{file.blob_id}"'
