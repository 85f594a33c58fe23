"""A client for the API of a running service, which also posts mail as the Apps Script does."""

import base64
import hashlib
import hmac
import http.client
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

WEBHOOK_PATH = "/requests/webhook/email/"


@dataclass(frozen=True, repr=False)
class Answer:
    """An HTTP status, 0 when nothing answered, and the parsed body, None when it is not JSON."""

    status: int
    body: Any = None


class Api:
    """Calls a service with an operator's token.

    Args:
        base_url: such as `http://127.0.0.1:8000`.
        token: of an operator; without it the calls are anonymous.
        timeout_seconds: limit for connecting, and for each read of an answer.
    """

    def __init__(self, base_url: str, *, token: str = "", timeout_seconds: float = 30) -> None:
        self._timeout_seconds = timeout_seconds
        parts = urlsplit(base_url)
        self._address = (parts.hostname or "", parts.port or 80)
        # So that HTTPS=true does not redirect; ignored unless PROXY_COUNT is set.
        self._headers = {"Accept": "application/json", "X-Forwarded-Proto": "https"}
        if token:
            self._headers["Authorization"] = f"Token {token}"

    def call(self, method: str, path: str, body: object = None, *, key: str = "") -> Answer:
        """Send a request with a JSON body, if any; a network error is an answer with status 0.

        key: the Idempotency-Key of a change that may be repeated.
        """
        content = None if body is None else json.dumps(body).encode()
        return self._send(method, path, content, {"Idempotency-Key": key} if key else {})

    def post_mails(self, secret: str, mails: Sequence[tuple[str, int, bytes]]) -> Answer:
        """Post mails to the webhook; the arguments are those of `sign_mails`."""
        body, headers = sign_mails(secret, mails)
        return self._send("POST", WEBHOOK_PATH, body, headers)

    def _send(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> Answer:
        if content is not None:
            headers = {**headers, "Content-Type": "application/json"}
        connection = http.client.HTTPConnection(*self._address, timeout=self._timeout_seconds)
        try:
            connection.request(method, path, content, {**self._headers, **headers})
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            connection.close()
        try:
            return Answer(response.status, json.loads(text))
        except ValueError:
            return Answer(response.status)


def sign_mails(
    secret: str, mails: Sequence[tuple[str, int, bytes]]
) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a webhook call, signed as Standard Webhooks prescribe.

    Args:
        secret: `whsec_` and the base64 of the key.
        mails: the id of each, its arrival in milliseconds since 1970, and its bytes.
    """
    messages = [
        {
            "id": name,
            "thread_id": name,
            "internal_date": arrival,
            "raw": base64.urlsafe_b64encode(raw).decode(),
        }
        for name, arrival, raw in mails
    ]
    body = json.dumps({"messages": messages}).encode()
    message_id, now = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{now}.".encode() + body, hashlib.sha256).digest()
    return body, {
        "webhook-id": message_id,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }
