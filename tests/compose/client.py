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
    """Status (0 when nothing answered), headers and body of an HTTP answer."""

    status: int
    headers: Message
    content: bytes

    @property
    def json(self) -> Any:
        """The parsed JSON body."""
        return json.loads(self.content)

    def all(self, name: str) -> list[str]:
        """Return all values of a header, which may be sent twice."""
        return self.headers.get_all(name) or []


def call(
    stack: Stack,
    method: str,
    path: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send a request; unless the body is bytes, send it as JSON, with the operator's token."""
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
    except OSError:  # containers may be restarting
        return Answer(0, Message(), b"")
    finally:
        connection.close()


def mail(sender: str, subject: str, text: str) -> bytes:
    """Return the bytes of a person's mail to the support address."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, SUPPORT, subject
    message["Message-ID"] = f"<{uuid.uuid4().hex}@client.example>"
    message.set_content(text)
    return message.as_bytes()


def post_mails(
    stack: Stack,
    mails: list[bytes],
    *,
    key: bytes | None = None,
    headers: dict[str, str] | None = None,
    padding: int = 0,
) -> Answer:
    """Post mails to the webhook, signed as Standard Webhooks prescribe.

    Args:
        key: signs instead of the stack's key.
        headers: additional headers.
        padding: number of spaces to append to the body.
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
    call_id, now = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
    signer = hmac.new(key or stack.webhook_key, f"{call_id}.{now}.".encode(), hashlib.sha256)
    signer.update(content)
    signed = {
        "webhook-id": call_id,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(signer.digest()).decode(),
    }
    return call(stack, "POST", WEBHOOK, content, signed | (headers or {}))
