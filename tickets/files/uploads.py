"""What operators upload to a ticket, before they send it with a message."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from operators.models import Operator
from tickets.exceptions import FilesTooLarge
from tickets.files import store
from tickets.files.filenames import safe_name
from tickets.files.folder_storage import CHUNK_BYTES
from tickets.files.store import NewFile
from tickets.models import Attachment, Message, Ticket


class UploadLimit(FileUploadHandler):
    """Stops an upload at its limits, whatever it said of its length; the rest is read and dropped,
    so that the caller is there to hear the answer."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.bytes = self.files = 0

    @property
    def is_exceeded(self) -> bool:
        return self.bytes > settings.UPLOAD_MAX_BYTES or self.files > settings.UPLOAD_MAX_FILES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.files += 1
        self._check()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.bytes += len(raw_data)
        self._check()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _check(self) -> None:
        if self.is_exceeded:
            raise StopUpload(connection_reset=False)


def check(*, number: int, size: int) -> None:
    """Raise `FilesTooLarge` for more files or bytes than one message may carry."""
    most = settings.UPLOAD_MAX_FILES
    if number > most:
        raise FilesTooLarge(
            _("Too many files; a message takes no more than %(most)d.") % {"most": most}
        )
    if size > settings.UPLOAD_MAX_BYTES:
        raise FilesTooLarge(
            _("The files are too large; a message takes %(most)s bytes in all.")
            % {"most": f"{settings.UPLOAD_MAX_BYTES:_}".replace("_", " ")}
        )


def add(
    *, ticket: Ticket, by: Operator, uploaded: Iterable[UploadedFile[bytes]]
) -> list[Attachment]:
    """Store uploaded files for a later message; raises `StoreUnavailable`."""
    new = [
        NewFile(
            source=_source(file),
            name=file.name or "",
            claimed_type=_printable(file.content_type or ""),
        )
        for file in uploaded
    ]
    store.store(new)
    return Attachment.objects.bulk_create(
        Attachment(
            ticket=ticket,
            blob=file.blob,
            name=safe_name(file.name, file.claimed_type),
            claimed_type=file.claimed_type[:255],
            uploaded_by=by,
            created_at=timezone.now(),
        )
        for file in new
    )


def locked(*, ticket: Ticket, by: Operator, ids: list[int]) -> list[Attachment]:
    """Return an operator's uploads to a locked ticket in the order of the ids, locked too.

    Raises `ValidationError` for an id that is no upload of this operator to this ticket or was sent
    already, and `FilesTooLarge`.
    """
    mine = Attachment.objects.select_for_update(of=["self"]).select_related("blob")
    found = mine.filter(pk__in=ids, ticket=ticket, uploaded_by=by, message=None).order_by("pk")
    by_id = {row.pk: row for row in found}
    if unknown := [str(one) for one in ids if one not in by_id]:
        problem = _("No files of yours that wait in this request: %(ids)s.")
        raise ValidationError({"files": [problem % {"ids": ", ".join(unknown)}]})
    check(number=len(by_id), size=sum(row.blob.size for row in by_id.values()))
    return [by_id[one] for one in ids]


def send_with(*, message: Message, rows: list[Attachment]) -> None:
    """Make locked uploads the files of a message, within its transaction."""
    for position, row in enumerate(rows):
        row.message, row.position = message, position
    Attachment.objects.bulk_update(rows, ["message", "position"])


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable())


def _source(file: UploadedFile[bytes]) -> store.Source:
    def pieces() -> Iterator[bytes]:
        file.seek(0)
        return iter(file.chunks(CHUNK_BYTES))

    return pieces
