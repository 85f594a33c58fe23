"""Files in an S3 bucket, with a stand-in that serves the calls of S3 that are used."""

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from tickets.exceptions import StoreUnavailable
from tickets.files.store import (
    UNUSED_KEPT_FOR,
    NewFile,
    purge_unused_files,
    read_file,
    storage_name,
    store_files,
)
from tickets.models import Blob

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LARGE = os.urandom(9_000_000)  # boto3 sends more than 8 MB in parts


@dataclass
class Bucket:
    """What a bucket holds, and how it answers."""

    objects: dict[str, bytes] = field(default_factory=dict)
    parts: dict[int, bytes] = field(default_factory=dict)
    put_count: int = 0
    is_unavailable: bool = False


class Handler(BaseHTTPRequestHandler):
    """Serves the calls of S3 that django-storages makes, for the server's bucket."""

    server: "Server"

    def _serve(self) -> None:
        bucket = self.server.bucket
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        if bucket.is_unavailable:
            return self._answer(503, b"<Error><Code>ServiceUnavailable</Code></Error>")
        if "uploads" in query:
            return self._answer(200, b"<R><UploadId>1</UploadId></R>")
        if self.command == "POST":
            bucket.objects[url.path] = b"".join(part for _, part in sorted(bucket.parts.items()))
            return self._answer(200, b"<R><ETag>x</ETag></R>")
        if self.command == "PUT" and "partNumber" in query:
            bucket.parts[int(query["partNumber"][0])] = body
        elif self.command == "PUT":
            bucket.objects[url.path] = body
            bucket.put_count += 1
        elif self.command == "DELETE":
            bucket.objects.pop(url.path, None)
            return self._answer(204)
        elif url.path not in bucket.objects:
            return self._answer(404)
        else:
            return self._answer(200, bucket.objects[url.path])
        return self._answer(200)

    def _answer(self, status: int, body: bytes = b"") -> None:
        byte_range = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if byte_range and status == 200:
            start, end = int(byte_range[1]), int(byte_range[2] or len(body) - 1) + 1
            span = f"bytes {start}-{min(end, len(body)) - 1}/{len(body)}"
            self.send_response(206)
            self.send_header("Content-Range", span)
            body = body[start:end]
        else:
            self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"x"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve

    def log_message(self, *args: object) -> None:
        """Keep the output of the tests clean."""


class Server(ThreadingHTTPServer):
    """A server of one bucket."""

    def __init__(self, bucket: Bucket) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bucket = bucket


@pytest.fixture
def bucket(settings: Settings) -> Iterator[Bucket]:
    """An empty bucket in which files of tickets are stored."""
    bucket = Bucket()
    server = Server(bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = {
        "bucket_name": "desk",
        "endpoint_url": f"http://127.0.0.1:{server.server_port}",
        "region_name": "us-east-1",
        "access_key": "key",
        "secret_key": "secret",
        "addressing_style": "path",
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tickets.files.s3_storage.Bucket", "OPTIONS": options},
    }
    yield bucket
    server.shutdown()
    server.server_close()


def stored(content: bytes) -> str:
    """Store bytes and return their hash."""
    file = NewFile(source=lambda: [content[:1_000_000], content[1_000_000:]], name="a")
    store_files([file])
    return file.blob.sha256


@pytest.mark.parametrize("content", [b"", b"small", LARGE], ids=["empty", "small", "large"])
def test_bytes_are_read_as_they_were_stored(bucket: Bucket, content: bytes) -> None:
    sha256 = stored(content)

    assert b"".join(read_file(sha256)) == content
    assert b"".join(read_file(sha256, start=2, end=4)) == content[2:4]
    assert list(bucket.objects) == [f"/desk/{storage_name(sha256)}"]


def test_the_same_bytes_are_written_once(bucket: Bucket) -> None:
    stored(b"same")
    stored(b"same")

    assert bucket.put_count == 1


def test_an_unavailable_bucket_is_reported_within_seconds(bucket: Bucket) -> None:
    sha256 = stored(b"before")
    bucket.is_unavailable = True
    began = timezone.now()

    with pytest.raises(StoreUnavailable):
        stored(b"meanwhile")
    with pytest.raises(StoreUnavailable):
        list(read_file(sha256))

    assert (timezone.now() - began).total_seconds() < 15


def test_bytes_that_nothing_refers_to_are_deleted(bucket: Bucket) -> None:
    stored(b"old")
    Blob.objects.update(wanted_at=timezone.now() - 2 * UNUSED_KEPT_FOR)

    assert purge_unused_files() == 1

    assert (bucket.objects, Blob.objects.count()) == ({}, 0)
