"""Files of tickets: upload and download."""

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
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operators.authentication import current_operator
from tickets.api.serializers import FileSerializer
from tickets.exceptions import RangeNotSatisfiable
from tickets.files import store, uploads
from tickets.files.filenames import content_disposition
from tickets.models import Attachment, Ticket

_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,18})-(\d{0,18})", re.IGNORECASE)
# What a browser could run, were it ever shown in the site's own name.
_ACTIVE = re.compile(r"html|xml|svg|javascript|ecmascript|flash|pdf", re.IGNORECASE)
_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+", re.IGNORECASE)


class UploadView(APIView):
    parser_classes = [MultiPartParser]

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
        limit = uploads.UploadLimit(request._request)
        request.upload_handlers = [limit, TemporaryFileUploadHandler(request._request)]
        uploaded = request.FILES.getlist("file")
        uploads.check(number=limit.files, size=limit.bytes)
        if not uploaded:
            raise ValidationError({"file": [_("Send at least one file, as multipart/form-data.")]})
        rows = uploads.add(ticket=ticket, by=current_operator(request), uploaded=uploaded)
        data = FileSerializer(rows, many=True, context={"request": request}).data
        return Response(data, status=status.HTTP_201_CREATED)


class DownloadView(APIView):
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
        found = Attachment.objects.select_related("blob")
        file = get_object_or_404(found, pk=file_id, ticket=request_id)
        size, etag = file.blob.size, f'"{file.blob_id}"'
        if etag in request.headers.get("If-None-Match", ""):
            return _dressed(HttpResponse(status=304), file)
        unchanged = request.headers.get("If-Range", etag) == etag
        wanted = _range(request.headers.get("Range", ""), size) if unchanged else None
        start, end = wanted or (0, size)
        if wanted and start >= end:
            raise RangeNotSatisfiable(size)
        answer = StreamingHttpResponse(_begun(store.read(file.blob_id, start=start, end=end)))
        answer["Content-Length"] = str(end - start)
        if wanted:
            answer.status_code = 206
            answer["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        return _dressed(answer, file)

    def handle_exception(self, exc: Exception) -> Response:
        answer = super().handle_exception(exc)
        if isinstance(exc, RangeNotSatisfiable):
            answer["Content-Range"] = f"bytes */{exc.size}"
        return answer

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """Take any `Accept`: the renderers are for errors alone."""
        return super().perform_content_negotiation(request, force=True)


def _range(header: str, size: int) -> tuple[int, int] | None:
    """Return the bytes that a Range asks for (RFC 9110, 14.2), an empty span where there are none.

    None for no range, several, or what is no range: then the whole file is the answer.
    """
    match = _RANGE.fullmatch(header.strip())
    if not match or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(size - int(match[2]), 0) if int(match[2]) else size, size
    start, end = int(match[1]), int(match[2]) + 1 if match[2] else size
    if match[2] and end <= start:
        return None
    return start, min(end, size)


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first piece at once: a storage that is away must be an error, not a broken file."""
    first = next(pieces, b"")

    def all_of_them() -> Iterator[bytes]:
        yield first
        yield from pieces

    return all_of_them()


def _dressed(answer: HttpResponseBase, file: Attachment) -> HttpResponseBase:
    kind = file.blob.type
    if _ACTIVE.search(kind) or not _TYPE.fullmatch(kind):
        kind = "application/octet-stream"
    answer["Content-Type"] = kind
    answer["Content-Disposition"] = content_disposition(file.name)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = f'"{file.blob_id}"'
    answer["Cache-Control"] = "private, no-cache"
    return answer
