"""The folder in which the bytes of files lie, under names that are made of their hash."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

CHUNK_BYTES = 1 << 20
SPOOL = "spool"


class Chunks(File[bytes]):
    """What a storage saves, given piece by piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__(None)
        self._pieces = pieces

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return self._pieces


class DurableFolder(FileSystemStorage):
    """A folder in which a file is whole or not there at all, also after a loss of power."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name  # the same name is the same bytes

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        spool = Path(self.location, SPOOL)
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

    def sweep(self, *, older_than_seconds: float) -> int:
        """Delete what processes that died while writing left behind; return how much."""
        swept = 0
        for left in Path(self.location, SPOOL).glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > older_than_seconds:
                    left.unlink()
                    swept += 1
        return swept


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as the files' content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
