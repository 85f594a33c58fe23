"""Files that operators upload to a ticket before they send them with a reply."""

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
from tickets.files.filenames import safe_filename
from tickets.files.folder_storage import CHUNK_BYTES
from tickets.files.store import NewFile, Source, store_files
from tickets.models import Attachment, Message, Ticket


class UploadLimit(FileUploadHandler):
    """An upload handler that stops at the limits, whatever Content-Length says.

    The rest of the body is read and dropped, because a client that is still sending may never
    read the answer.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.byte_count = self.file_count = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Count a file that begins."""
        super().new_file(*args, **kwargs)
        self.file_count += 1
        self._stop_at_limit()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count a piece of a file and pass it on."""
        self.byte_count += len(raw_data)
        self._stop_at_limit()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""

    def _stop_at_limit(self) -> None:
        too_many = self.file_count > settings.UPLOAD_MAX_FILES
        if too_many or self.byte_count > settings.UPLOAD_MAX_BYTES:
            raise StopUpload(connection_reset=False)


def check_limits(*, file_count: int, byte_count: int) -> None:
    """Raise `FilesTooLarge` for more files or bytes than one message may carry."""
    most = settings.UPLOAD_MAX_FILES
    if file_count > most:
        raise FilesTooLarge(
            _("Too many files; a message takes no more than %(most)d.") % {"most": most}
        )
    if byte_count > settings.UPLOAD_MAX_BYTES:
        raise FilesTooLarge(
            _("The files are too large; a message takes %(most)s bytes in all.")
            % {"most": f"{settings.UPLOAD_MAX_BYTES:_}".replace("_", " ")}
        )


def receive_uploads(uploaded: Iterable[UploadedFile[bytes]]) -> list[NewFile]:
    """Store the bytes of uploaded files, outside any transaction; raises `StoreUnavailable`."""
    files = [
        NewFile(
            source=_source_of(file),
            name=file.name or "",
            claimed_type=_printable(file.content_type or ""),
        )
        for file in uploaded
    ]
    store_files(files)
    return files


def add_uploads(*, ticket: Ticket, by: Operator, files: Iterable[NewFile]) -> list[Attachment]:
    """Keep files whose bytes are stored, for a later reply."""
    return Attachment.objects.bulk_create(
        Attachment(
            ticket=ticket,
            blob=file.blob,
            name=safe_filename(file.name, file.claimed_type),
            claimed_type=file.claimed_type[:255],
            uploaded_by=by,
            created_at=timezone.now(),
        )
        for file in files
    )


def lock_uploads(*, ticket: Ticket, by: Operator, ids: list[int]) -> list[Attachment]:
    """Return an operator's unsent uploads to a locked ticket in the order of the ids, locked.

    Raises `ValidationError` for an id that is not an upload of this operator to this ticket or
    was sent already, and `FilesTooLarge`.
    """
    locked = Attachment.objects.select_for_update(of=["self"]).select_related("blob")
    unsent = locked.filter(ticket=ticket, uploaded_by=by, message=None)
    by_id = {upload.pk: upload for upload in unsent.filter(pk__in=ids).order_by("pk")}
    if unknown := [str(file_id) for file_id in ids if file_id not in by_id]:
        problem = _("No files of yours that wait in this request: %(ids)s.")
        raise ValidationError({"files": [problem % {"ids": ", ".join(unknown)}]})
    check_limits(
        file_count=len(by_id), byte_count=sum(upload.blob.size for upload in by_id.values())
    )
    return [by_id[file_id] for file_id in ids]


def attach_uploads(message: Message, uploads: list[Attachment]) -> None:
    """Attach locked uploads to a message in their order, within its transaction."""
    for position, upload in enumerate(uploads):
        upload.message, upload.position = message, position
    Attachment.objects.bulk_update(uploads, ["message", "position"])


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _source_of(file: UploadedFile[bytes]) -> Source:
    def read_again() -> Iterator[bytes]:
        file.seek(0)
        return iter(file.chunks(CHUNK_BYTES))

    return read_again
