"""Calls through nginx, with the headers of the answers."""

import base64
import hashlib
import hmac
import http.client
import json
import time
import uuid
from dataclasses import dataclass
from email.message import EmailMessage, Message
from typing import Any

from tests.compose.stack import SUPPORT, Stack

WEBHOOK = "/requests/webhook/email/"


@dataclass(frozen=True)
class Answer:
    """Status (0 when nothing answered), headers and body of an answer."""

    status: int
    headers: Message
    content: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.content)

    def all(self, name: str) -> list[str]:
        """Return every value of a header, to see whether it came twice."""
        return self.headers.get_all(name) or []


def call(
    stack: Stack,
    method: str,
    path: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send a request; a body that is not bytes goes as JSON, and with it the operator's token."""
    sent = {"Accept": "*/*", "Accept-Language": "en"}
    if not isinstance(body, bytes):
        sent["Authorization"] = f"Token {stack.token}"
        if body is not None:
            body = json.dumps(body).encode()
    if body is not None:
        sent["Content-Type"] = "application/json"
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=70)
    try:
        connection.request(method, path, body, sent | (headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    except OSError:  # while containers come and go
        return Answer(0, Message(), b"")
    finally:
        connection.close()


def mail(sender: str, subject: str, text: str) -> bytes:
    """Return a person's mail to the desk."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, SUPPORT, subject
    letter["Message-ID"] = f"<{uuid.uuid4().hex}@client.example>"
    letter.set_content(text)
    return letter.as_bytes()


def post_mails(
    stack: Stack,
    mails: list[bytes],
    *,
    key: bytes | None = None,
    headers: dict[str, str] | None = None,
    padding: int = 0,
) -> Answer:
    """Post mails to the webhook, signed by Standard Webhooks' rules.

    Args:
        key: to sign by another key than the stack's.
        headers: to send beside.
        padding: blanks to add to the body.
    """
    messages = [
        {
            "id": uuid.uuid4().hex,
            "internal_date": int(time.time() * 1000),
            "raw": base64.urlsafe_b64encode(raw).decode(),
        }
        for raw in mails
    ]
    content = json.dumps({"messages": messages}).encode() + b" " * padding
    number, now = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
    signer = hmac.new(key or stack.webhook_key, f"{number}.{now}.".encode(), hashlib.sha256)
    signer.update(content)
    signed = {
        "webhook-id": number,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(signer.digest()).decode(),
    }
    return call(stack, "POST", WEBHOOK, content, signed | (headers or {}))
