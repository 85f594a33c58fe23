"""Authenticate the webhook's caller by a signature as Standard Webhooks defines it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from mailing.webhook import request_body
from operators.authentication import client_address
from operators.throttling import FailureLimit

TOLERANCE_SECONDS = 300
SIGNATURE_FAILURES = FailureLimit("signature", failures=600, seconds=60)


def sign(key: bytes, webhook_id: str, timestamp: str, content: Iterable[bytes]) -> str:
    """Return the `webhook-signature` of a body given in pieces: `v1,` and base64 of HMAC-SHA256."""
    digest = hmac.new(key, f"{webhook_id}.{timestamp}.".encode(), hashlib.sha256)
    for piece in content:
        digest.update(piece)
    return "v1," + base64.b64encode(digest.digest()).decode()


class WebhookCaller:
    """The caller who holds a webhook secret, in place of a user."""

    is_authenticated = True
    is_supervisor = False
    pk = None


class SignedWebhook(BaseAuthentication):
    """Accepts calls that are signed with one of WEBHOOK_SECRETS."""

    def authenticate(self, request: Request) -> tuple[WebhookCaller, None]:
        problem = _find_problem(request)
        if problem:
            address = client_address(request)
            SIGNATURE_FAILURES.raise_if_reached(address)
            SIGNATURE_FAILURES.add(address)
            raise AuthenticationFailed(problem)
        return WebhookCaller(), None

    def authenticate_header(self, request: Request) -> str:
        return "Signature"


def _find_problem(request: Request) -> str:
    headers = ("webhook-id", "webhook-timestamp", "webhook-signature")
    webhook_id, timestamp, given = (request.headers.get(name, "") for name in headers)
    if not (webhook_id and timestamp and given):
        return _("The call is not signed: webhook-id, -timestamp and -signature are needed.")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return _("webhook-timestamp must be seconds since 1970.")
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return _("webhook-timestamp is more than five minutes away from this server's clock.")
    body = request_body.read_body(request)
    for key in settings.WEBHOOK_SECRETS:
        expected = sign(key, webhook_id, timestamp, body.blocks()).encode()
        # There are several signatures while the sender rotates its secret.
        if any(hmac.compare_digest(expected, other.encode()) for other in given.split()):
            return ""
    return _("The signature is wrong; check the webhook secret on both sides.")
