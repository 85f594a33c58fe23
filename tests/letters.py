"""Mails as they come in, and the signed calls that bring them."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

from rest_framework.test import APIClient

from tests.services import WEBHOOK_KEY

WEBHOOK = "/requests/webhook/email/"
RECONCILE = "/requests/webhook/email/reconcile/"


def letter(
    sender: str = "ivan@example.com",
    *,
    subject: str = "Printer",
    text: str = "It does not print.",
    message_id: str = "",
    **headers: str,
) -> bytes:
    """Return a mail's bytes; `in_reply_to="<a@b>"` becomes the header In-Reply-To."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"From": sender, "To": "desk@servicedesk.example", "Subject": subject, **named}
    if message_id:
        fields["Message-ID"] = message_id
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{text}\r\n".encode()


def milliseconds(*, ago: timedelta = timedelta()) -> int:
    """Return a moment as Gmail's internalDate."""
    return int((time.time() - ago.total_seconds()) * 1000)


def item(identifier: str, raw: bytes, *, at: int | None = None) -> dict[str, Any]:
    """Return a message as the Apps Script posts it, by default one that arrived just now."""
    encoded = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    moment = milliseconds() if at is None else at
    return {"id": identifier, "thread_id": identifier, "internal_date": moment, "raw": encoded}


def signed(
    body: bytes,
    *,
    key: bytes = WEBHOOK_KEY,
    webhook_id: str = "msg_1",
    timestamp: int | None = None,
) -> dict[str, str]:
    """Return the three headers of Standard Webhooks, worked out apart from the code under test."""
    moment = str(int(time.time()) if timestamp is None else timestamp)
    digest = hmac.new(key, f"{webhook_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def post(content: Any, *, path: str = WEBHOOK, client: APIClient | None = None, **how: Any) -> Any:
    """Post JSON (or bytes as they are) to the webhook, signed, and return the response."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {**signed(body, **how), "Accept-Language": "en"}
    return (client or APIClient()).post(
        path, body, content_type="application/json", headers=headers
    )


def post_mails(*mails: bytes, prefix: str = "m") -> Any:
    """Post mails that arrived one second after the other in the last hour, named m1, m2 …"""
    first = milliseconds(ago=timedelta(hours=1))
    messages = [
        item(f"{prefix}{number}", raw, at=first + number * 1000)
        for number, raw in enumerate(mails, 1)
    ]
    return post({"messages": messages})
