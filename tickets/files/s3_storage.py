"""The bucket of S3 in which the bytes lie instead; imported only where one is configured."""

import tempfile
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from tickets.files.folder_storage import CHUNK_BYTES


class Bucket(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """A bucket of S3; an upload is visible once it is whole."""

    def get_default_settings(self) -> dict[str, Any]:
        """Return the library's defaults, but with little memory and short waits.

        A worker that waited as long as boto3 does by default would be taken for a dead one.
        """
        defaults: dict[str, Any] = super().get_default_settings()
        patience = Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"total_max_attempts": 2, "mode": "standard"},
            # Other makers' stores do not know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return {
            **defaults,
            "client_config": patience,
            "max_memory_size": CHUNK_BYTES,
            "transfer_config": TransferConfig(use_threads=False),
        }

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        # boto3 wants to seek in what it uploads.
        with tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES) as spool:
            for chunk in content.chunks():
                spool.write(chunk)
            spool.seek(0)
            super()._save(name, File(spool))
        return name

    def sweep(self, *, older_than_seconds: float) -> int:
        """Leave nothing to delete: a bucket drops unfinished uploads by a rule of its own."""
        return 0
