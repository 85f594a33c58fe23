"""Storage of files in a folder, each under a name made of its hash."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

CHUNK_BYTES = 1 << 20
_SPOOL = "spool"


class ChunkedFile(File[bytes]):
    """A file to be saved whose content comes from an iterator, so that it is never held whole."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__(None)
        self._pieces = pieces

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Return the pieces as they come, whatever size is asked for."""
        return self._pieces


class DurableFolder(FileSystemStorage):
    """A folder in which each file is complete or absent, also after a power failure.

    A file is written to a spool folder, synced to disk and renamed into place.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name itself, because the same name means the same bytes."""
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        spool = Path(self.location, _SPOOL)
        for folder in (target.parent, spool):
            folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=spool)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
        for folder in target.parents:
            _sync_folder(folder)
            if folder == Path(self.location):
                break
        return name

    def delete_unfinished(self, *, older_than_seconds: float) -> int:
        """Delete the spooled files of processes that died while writing; return their number."""
        deleted = 0
        for path in Path(self.location, _SPOOL).glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > older_than_seconds:
                    path.unlink()
                    deleted += 1
        return deleted


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that new names survive a power failure too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
