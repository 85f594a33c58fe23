"""Call the webhook as the Apps Script does: its messages, their signature, and the calls."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import requests
from rest_framework.test import APIClient

from tests.services import WEBHOOK_KEY

WEBHOOK = "/requests/webhook/email/"
RECONCILE = "/requests/webhook/email/reconcile/"


def internal_date(*, ago: timedelta = timedelta()) -> int:
    """Return a moment as Gmail's internalDate."""
    return int((time.time() - ago.total_seconds()) * 1000)


def webhook_message(identifier: str, raw: bytes, *, at: int | None = None) -> dict[str, Any]:
    """Return a message as the Apps Script posts it, by default one that arrived just now."""
    encoded = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    moment = internal_date() if at is None else at
    return {"id": identifier, "thread_id": identifier, "internal_date": moment, "raw": encoded}


def signature_headers(
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


def post_to_webhook(
    content: Any, *, path: str = WEBHOOK, client: APIClient | None = None, **how: Any
) -> Any:
    """Post JSON (or bytes as they are) to the webhook, signed, and return the response."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {**signature_headers(body, **how), "Accept-Language": "en"}
    return (client or APIClient()).post(
        path, body, content_type="application/json", headers=headers
    )


def webhook_call(*mails: bytes, prefix: str = "m") -> dict[str, Any]:
    """Return a call with mails that arrived one second after the other, with the ids m1, m2 …"""
    first = internal_date(ago=timedelta(hours=1))
    messages = [
        webhook_message(f"{prefix}{number}", raw, at=first + number * 1000)
        for number, raw in enumerate(mails, 1)
    ]
    return {"messages": messages}


def post_mails(*mails: bytes, prefix: str = "m") -> Any:
    """Post mails to the webhook in one call, with the ids m1, m2 …, and return the response."""
    return post_to_webhook(webhook_call(*mails, prefix=prefix))


def post_over_http(url: str, content: Any, *, webhook_id: str = "msg_1") -> requests.Response:
    """Post JSON to the webhook of a server that runs at `url`, signed."""
    body = json.dumps(content).encode()
    headers = signature_headers(body, webhook_id=webhook_id)
    headers["Content-Type"] = "application/json"
    return requests.post(url + WEBHOOK, body, headers=headers, timeout=30)
