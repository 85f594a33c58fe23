"""Storage of files in an S3 bucket; imported only where a bucket is configured."""

import tempfile
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from tickets.files.folder_storage import CHUNK_BYTES


class Bucket(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """An S3 bucket, in which an upload becomes visible once it is complete."""

    def get_default_settings(self) -> dict[str, Any]:
        """Return django-storages' defaults with less memory and shorter timeouts.

        A worker that waited as long as boto3 does by default would be taken for dead.
        """
        defaults: dict[str, Any] = super().get_default_settings()
        client_config = Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"total_max_attempts": 2, "mode": "standard"},
            # S3 servers of other vendors do not know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return {
            **defaults,
            "client_config": client_config,
            "max_memory_size": CHUNK_BYTES,
            "transfer_config": TransferConfig(use_threads=False),
        }

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name itself, because the same name means the same bytes."""
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        # boto3 needs a seekable file.
        with tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES) as spool:
            for chunk in content.chunks():
                spool.write(chunk)
            spool.seek(0)
            super()._save(name, File(spool))
        return name

    def delete_unfinished(self, *, older_than_seconds: float) -> int:
        """Delete nothing: a lifecycle rule of the bucket drops unfinished uploads."""
        return 0
