"""Keep the bytes of files in Django's storage, each content once, under its SHA-256.

Bytes are stored before the transaction that refers to them. Storing them again changes nothing,
so an interrupted caller starts over, and bytes that nothing refers to are purged later.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO

import structlog
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Func
from django.utils import timezone

from tickets.exceptions import StoreUnavailable
from tickets.files.content_types import SNIFFED_BYTES, sniff_content_type
from tickets.files.filenames import safe_filename
from tickets.files.folder_storage import CHUNK_BYTES, ChunkedFile
from tickets.models import Attachment, Blob, Draft, Message

log = structlog.get_logger(__name__)

# How long unsent uploads, and bytes that nothing refers to, are kept.
UNUSED_KEPT_FOR = timedelta(days=1)
_PURGE_LIMIT = 10_000

# Returns a new iterator over the same bytes with every call.
Source = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, kw_only=True, repr=False)
class NewFile:
    """A file to be attached to a message, with its name as the sender gave it.

    `blob` is computed from the source and is not saved yet.
    """

    source: Source
    name: str
    claimed_type: str = ""
    content_id: str = ""
    is_inline: bool = False
    blob: Blob = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "blob", _make_blob(self.source))


def store_files(files: Iterable[NewFile]) -> None:
    """Write the files' bytes where they are not stored yet; raises `StoreUnavailable`.

    Call it outside any transaction: a purge must see the rows before the first byte is written.
    """
    by_hash = {file.blob.sha256: file for file in files}
    now = timezone.now()
    blobs = [by_hash[sha256].blob for sha256 in sorted(by_hash)]  # sorted, against deadlocks
    for blob in blobs:
        blob.wanted_at = now
    Blob.objects.bulk_create(
        blobs, update_conflicts=True, unique_fields=["sha256"], update_fields=["wanted_at"]
    )
    with translate_storage_errors():
        for blob in blobs:
            name = storage_name(blob.sha256)
            if not default_storage.exists(name) or default_storage.size(name) != blob.size:
                source = by_hash[blob.sha256].source
                default_storage.save(name, ChunkedFile(iter(source())))


def attach_files(files_of: Iterable[tuple[Message, Iterable[NewFile]]]) -> None:
    """Attach stored files to messages, each in its order, within the messages' transaction."""
    Attachment.objects.bulk_create(
        Attachment(
            ticket_id=message.ticket_id,
            message=message,
            blob_id=file.blob.sha256,
            name=safe_filename(file.name, file.claimed_type),
            claimed_type=file.claimed_type[:255],
            content_id=file.content_id[:255],
            position=position,
            is_inline=file.is_inline,
            created_at=message.created_at,
        )
        for message, files in files_of
        for position, file in enumerate(files)
    )


def open_file(sha256: str) -> BinaryIO:
    """Open stored bytes for reading, seekable; raises `StoreUnavailable`."""
    with translate_storage_errors():
        return default_storage.open(storage_name(sha256))  # type: ignore[return-value]  # Django's File


def read_file(sha256: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield stored bytes from `start` up to, not including, `end`; raises `StoreUnavailable`."""
    remaining = None if end is None else end - start
    with translate_storage_errors(), open_file(sha256) as file:
        file.seek(start)
        while remaining is None or remaining > 0:
            chunk = file.read(CHUNK_BYTES if remaining is None else min(remaining, CHUNK_BYTES))
            if not chunk:
                break
            remaining = None if remaining is None else remaining - len(chunk)
            yield chunk


def storage_name(sha256: str) -> str:
    """Return the name under which bytes are kept in the storage."""
    return f"sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def purge_unused_files() -> int:
    """Delete uploads that were not sent within a day, and bytes that nothing refers to any more.

    Uploads that a draft names are kept.
    Returns how many blobs were deleted, at most 10 000 a call. Raises `StoreUnavailable`.
    """
    before = timezone.now() - UNUSED_KEPT_FOR
    with transaction.atomic():
        in_drafts = Draft.objects.values_list(Func("files", function="unnest"))
        unsent = Attachment.objects.filter(message=None, created_at__lt=before)
        unsent = unsent.exclude(pk__in=in_drafts)
        locked = unsent.select_for_update(skip_locked=True)
        Attachment.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).delete()
    unused = Blob.objects.filter(wanted_at__lt=before, attachments=None).order_by("wanted_at")
    hashes = list(unused.values_list("pk", flat=True)[:_PURGE_LIMIT])
    purged = sum(_purge_blob(sha256, before=before) for sha256 in hashes)
    with translate_storage_errors():
        default_storage.delete_unfinished(  # type: ignore[attr-defined]  # both storages have it
            older_than_seconds=UNUSED_KEPT_FOR.total_seconds()
        )
    log.info("files_purged", blobs=purged)
    return purged


@contextmanager
def translate_storage_errors() -> Iterator[None]:
    """Raise `StoreUnavailable` in place of the errors of the folder or the bucket."""
    try:
        yield
    except Exception as error:
        # boto3 is recognized by name: importing it takes 20 MB, and few installations need it.
        libraries = {cls.__module__.partition(".")[0] for cls in type(error).__mro__}
        if not isinstance(error, OSError) and not libraries & {"boto3", "botocore", "s3transfer"}:
            raise
        log.error("file_store_failed", error=f"{type(error).__name__}: {error}"[:500])
        raise StoreUnavailable from error


def _make_blob(source: Source) -> Blob:
    """Return an unsaved blob with the hash, size and sniffed type of the bytes."""
    digest, size, head = hashlib.sha256(), 0, b""
    for chunk in source():
        digest.update(chunk)
        size += len(chunk)
        if len(head) < SNIFFED_BYTES:
            head += chunk[: SNIFFED_BYTES - len(head)]
    return Blob(sha256=digest.hexdigest(), size=size, type=sniff_content_type(head))


@transaction.atomic
def _purge_blob(sha256: str, *, before: datetime) -> bool:
    """Delete bytes and their row, unless they were stored again in the meantime.

    The row stays locked meanwhile: a caller that stores the same bytes waits for the lock, and
    then finds the bytes gone and writes them again.
    """
    locked = Blob.objects.select_for_update(skip_locked=True, of=["self"])
    blob = locked.filter(pk=sha256, wanted_at__lt=before).first()
    if blob is None or blob.attachments.exists():
        return False
    with translate_storage_errors():
        default_storage.delete(storage_name(sha256))
    blob.delete()
    return True
