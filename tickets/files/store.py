"""Keep the bytes of files, the same bytes once, in Django's storage.

Bytes are stored before the transaction that refers to them, and storing them again changes
nothing: whoever is interrupted begins anew, and what was left over is purged.
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
from django.utils import timezone

from tickets.exceptions import StoreUnavailable
from tickets.files.content_types import SNIFFED_BYTES, sniffed
from tickets.files.filenames import safe_name
from tickets.files.folder_storage import CHUNK_BYTES, Chunks
from tickets.models import Attachment, Blob, Message

log = structlog.get_logger(__name__)

UNUSED_FOR = timedelta(days=1)
_PURGED_AT_ONCE = 10_000

# A fresh iterator over the same bytes with every call.
Source = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, kw_only=True, repr=False)
class NewFile:
    """A file to be attached to a message; its bytes come from `source`, its name from anybody."""

    source: Source
    name: str
    claimed_type: str = ""
    content_id: str = ""
    is_inline: bool = False
    blob: Blob = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "blob", describe(self.source))


def describe(source: Source) -> Blob:
    """Return hash, size and sniffed type of bytes, as a row that is not saved."""
    digest, size, head = hashlib.sha256(), 0, b""
    for chunk in source():
        digest.update(chunk)
        size += len(chunk)
        if len(head) < SNIFFED_BYTES:
            head += chunk[: SNIFFED_BYTES - len(head)]
    return Blob(sha256=digest.hexdigest(), size=size, type=sniffed(head))


def store(files: Iterable[NewFile]) -> None:
    """Write the files' bytes where they are not stored yet; raises `StoreUnavailable`.

    Outside any transaction: the rows must be seen by whoever purges before a byte is written.
    """
    by_hash = {file.blob.sha256: file for file in files}
    now = timezone.now()
    rows = [by_hash[sha256].blob for sha256 in sorted(by_hash)]  # in order, against deadlocks
    for row in rows:
        row.wanted_at = now
    Blob.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["sha256"], update_fields=["wanted_at"]
    )
    with storage_errors():
        for row in rows:
            _write(row, by_hash[row.sha256].source)


def attach(message: Message, files: Iterable[NewFile]) -> None:
    """Make stored files those of a message, in their order, within the message's transaction."""
    Attachment.objects.bulk_create(
        Attachment(
            ticket_id=message.ticket_id,
            message=message,
            blob_id=file.blob.sha256,
            name=safe_name(file.name, file.claimed_type),
            claimed_type=file.claimed_type[:255],
            content_id=file.content_id[:255],
            position=position,
            is_inline=file.is_inline,
            created_at=message.created_at,
        )
        for position, file in enumerate(files)
    )


def opened(sha256: str) -> BinaryIO:
    """Open stored bytes for reading, seekable; raises `StoreUnavailable`."""
    with storage_errors():
        return default_storage.open(place(sha256))  # type: ignore[return-value]  # Django's File


def read(sha256: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield stored bytes from `start` up to before `end`; raises `StoreUnavailable`."""
    left = None if end is None else end - start
    with storage_errors(), opened(sha256) as file:
        file.seek(start)
        while left is None or left > 0:
            chunk = file.read(CHUNK_BYTES if left is None else min(left, CHUNK_BYTES))
            if not chunk:
                break
            left = None if left is None else left - len(chunk)
            yield chunk


def place(sha256: str) -> str:
    """Return the name under which bytes lie in the storage."""
    return f"sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def purge() -> int:
    """Forget uploads that were not sent within a day, and bytes that nothing needs any more.

    Returns how many bytes' rows went. Raises `StoreUnavailable`.
    """
    before = timezone.now() - UNUSED_FOR
    with transaction.atomic():
        unsent = Attachment.objects.filter(message=None, created_at__lt=before)
        locked = unsent.select_for_update(skip_locked=True)
        Attachment.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).delete()
    unused = Blob.objects.filter(wanted_at__lt=before, attachments=None).order_by("wanted_at")
    hashes = list(unused.values_list("pk", flat=True)[:_PURGED_AT_ONCE])
    purged = sum(_purge_one(sha256, before=before) for sha256 in hashes)
    with storage_errors():
        default_storage.sweep(older_than_seconds=UNUSED_FOR.total_seconds())  # type: ignore[attr-defined]  # ours
    log.info("files_purged", blobs=purged)
    return purged


@transaction.atomic
def _purge_one(sha256: str, *, before: datetime) -> bool:
    """Delete bytes and their row, unless somebody has stored them again in the meantime.

    The row stays locked while they are deleted: whoever stores the same bytes waits, and then
    finds them gone and writes them anew.
    """
    locked = Blob.objects.select_for_update(skip_locked=True, of=["self"])
    row = locked.filter(pk=sha256, wanted_at__lt=before).first()
    if row is None or row.attachments.exists():
        return False
    with storage_errors():
        default_storage.delete(place(sha256))
    row.delete()
    return True


def _write(row: Blob, source: Source) -> None:
    name = place(row.sha256)
    if not default_storage.exists(name) or default_storage.size(name) != row.size:
        default_storage.save(name, Chunks(iter(source())))


@contextmanager
def storage_errors() -> Iterator[None]:
    """Make a `StoreUnavailable` of what a folder or a bucket raises."""
    try:
        yield
    except Exception as error:
        # boto3 is known by name: importing it takes 20 MB, and few installations need it.
        libraries = {cls.__module__.partition(".")[0] for cls in type(error).__mro__}
        if not isinstance(error, OSError) and not libraries & {"boto3", "botocore", "s3transfer"}:
            raise
        log.error("file_store_failed", error=f"{type(error).__name__}: {error}"[:500])
        raise StoreUnavailable from error
