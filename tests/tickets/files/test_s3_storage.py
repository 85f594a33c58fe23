"""Files in a bucket of S3, with a server that speaks as much of S3 as is needed."""

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
from tickets.files import store
from tickets.files.store import NewFile
from tickets.models import Blob

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LARGE = os.urandom(9_000_000)  # boto3 sends more than 8 MB in parts


@dataclass
class Bucket:
    address: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    parts: dict[int, bytes] = field(default_factory=dict)
    written: int = 0
    is_away: bool = False


@pytest.fixture
def bucket(settings: Settings) -> Iterator[Bucket]:
    held = Bucket()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = parse_qs(parts.query, keep_blank_values=True)
            if held.is_away:
                return self._answer(503, b"<Error><Code>ServiceUnavailable</Code></Error>")
            if "uploads" in query:
                return self._answer(200, b"<R><UploadId>1</UploadId></R>")
            if self.command == "POST":
                held.objects[parts.path] = b"".join(part for _, part in sorted(held.parts.items()))
                return self._answer(200, b"<R><ETag>x</ETag></R>")
            if self.command == "PUT" and "partNumber" in query:
                held.parts[int(query["partNumber"][0])] = body
            elif self.command == "PUT":
                held.objects[parts.path] = body
                held.written += 1
            elif self.command == "DELETE":
                held.objects.pop(parts.path, None)
                return self._answer(204)
            elif parts.path not in held.objects:
                return self._answer(404)
            else:
                return self._answer(200, held.objects[parts.path])
            return self._answer(200)

        def _answer(self, status: int, body: bytes = b"") -> None:
            wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            if wanted and status == 200:
                start, end = int(wanted[1]), int(wanted[2]) + 1 if wanted[2] else len(body)
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
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    held.address = f"http://127.0.0.1:{server.server_address[1]}"
    options = {
        "bucket_name": "desk",
        "endpoint_url": held.address,
        "region_name": "us-east-1",
        "access_key": "key",
        "secret_key": "secret",
        "addressing_style": "path",
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tickets.files.s3_storage.Bucket", "OPTIONS": options},
    }
    yield held
    server.shutdown()
    server.server_close()


def stored(content: bytes) -> str:
    file = NewFile(source=lambda: [content[:1_000_000], content[1_000_000:]], name="a")
    store.store([file])
    return file.blob.sha256


@pytest.mark.parametrize("content", [b"", b"small", LARGE], ids=["empty", "small", "large"])
def test_bytes_are_read_as_they_were_stored(bucket: Bucket, content: bytes) -> None:
    sha256 = stored(content)

    assert b"".join(store.read(sha256)) == content
    assert b"".join(store.read(sha256, start=2, end=4)) == content[2:4]
    assert list(bucket.objects) == [f"/desk/{store.place(sha256)}"]


def test_the_same_bytes_are_sent_once(bucket: Bucket) -> None:
    stored(b"same")
    stored(b"same")

    assert bucket.written == 1


def test_a_bucket_that_is_away_is_told_in_a_few_seconds(bucket: Bucket) -> None:
    sha256 = stored(b"before")
    bucket.is_away = True
    began = timezone.now()

    with pytest.raises(StoreUnavailable):
        stored(b"meanwhile")
    with pytest.raises(StoreUnavailable):
        list(store.read(sha256))

    assert (timezone.now() - began).total_seconds() < 15


def test_what_nothing_needs_is_deleted(bucket: Bucket) -> None:
    stored(b"old")
    Blob.objects.update(wanted_at=timezone.now() - 2 * store.UNUSED_FOR)

    assert store.purge() == 1

    assert (bucket.objects, Blob.objects.count()) == ({}, 0)
