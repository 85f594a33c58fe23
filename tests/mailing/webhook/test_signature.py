"""Who may post mail."""

import base64
import time

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from mailing.models import InboundEmail
from operators.throttling import FailureLimit
from tests.mail import build_mail
from tests.services import WEBHOOK_KEY
from tests.webhook import RECONCILE, WEBHOOK, post_to_webhook, signature_headers, webhook_message

pytestmark = pytest.mark.django_db

BODY = b'{"messages": []}'
OTHER_KEY = bytes(reversed(WEBHOOK_KEY))


def call(headers: dict[str, str], body: bytes = BODY, path: str = WEBHOOK) -> int:
    answer = APIClient().post(path, body, content_type="application/json", headers=headers)
    return int(answer.status_code)


def test_a_signed_call_is_let_in() -> None:
    assert call(signature_headers(BODY)) == 202


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_call_without_one_of_the_three_headers_is_refused(missing: str) -> None:
    headers = signature_headers(BODY)
    del headers[missing]

    answer = APIClient().post(WEBHOOK, BODY, content_type="application/json", headers=headers)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "authentication_failed"
    assert answer["WWW-Authenticate"] == "Signature"


@pytest.mark.parametrize(
    "signature",
    [
        "v1,",
        "v1",
        "v1,bm90IGl0",
        "v1a," + "A" * 44,
        base64.b64encode(bytes(32)).decode(),
        "v1,\u00ff",
    ],
)
def test_a_wrong_signature_is_refused_and_nothing_is_stored(signature: str) -> None:
    body = b'[{"user_email": "a@example.com", "description": "x"}]'
    headers = {**signature_headers(body), "webhook-signature": signature}

    assert call(headers, body) == 401
    assert not InboundEmail.objects.exists()


def test_a_signature_by_another_secret_is_refused() -> None:
    assert call(signature_headers(BODY, key=OTHER_KEY)) == 401


def test_a_signature_of_another_scheme_is_refused() -> None:
    headers = signature_headers(BODY)
    headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")

    assert call(headers) == 401


def test_the_signature_covers_the_id() -> None:
    assert call({**signature_headers(BODY), "webhook-id": "msg_2"}) == 401


def test_the_signature_covers_the_time() -> None:
    earlier = str(int(time.time()) - 9)

    assert call({**signature_headers(BODY), "webhook-timestamp": earlier}) == 401


def test_a_changed_body_is_refused() -> None:
    assert call(signature_headers(BODY), b'{"messages": [] }') == 401


@pytest.mark.parametrize(("seconds", "status"), [(-310, 401), (-290, 202), (290, 202), (310, 401)])
def test_a_call_may_be_five_minutes_late_or_early(seconds: int, status: int) -> None:
    assert call(signature_headers(BODY, timestamp=int(time.time()) + seconds)) == status


@pytest.mark.parametrize("timestamp", ["soon", "-5", "1e9", "٣", "1" * 13, "1764000000.5"])
def test_a_timestamp_that_is_no_number_of_seconds_is_refused(timestamp: str) -> None:
    assert call({**signature_headers(BODY), "webhook-timestamp": timestamp}) == 401


def test_while_a_secret_is_rotated_both_are_good(settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = [OTHER_KEY, WEBHOOK_KEY]

    assert call(signature_headers(BODY, key=WEBHOOK_KEY)) == 202
    assert call(signature_headers(BODY, key=OTHER_KEY)) == 202
    assert call(signature_headers(BODY, key=bytes(32))) == 401


def test_one_good_signature_among_several_is_enough() -> None:
    headers = signature_headers(BODY)
    ours = headers["webhook-signature"]
    theirs = signature_headers(BODY, key=OTHER_KEY)["webhook-signature"]

    headers["webhook-signature"] = f"{theirs} v2,abc {ours}"

    assert call(headers) == 202


def test_an_operators_token_does_not_open_the_webhook(supervisor_api: APIClient) -> None:
    answer = supervisor_api.post(WEBHOOK, {"messages": []}, format="json")

    assert answer.status_code == 401


def test_reconcile_is_signed_too() -> None:
    body = b'{"ids": []}'

    assert call(signature_headers(body), body, RECONCILE) == 200
    assert call(signature_headers(body, key=OTHER_KEY), body, RECONCILE) == 401
    assert call({}, body, RECONCILE) == 401


def test_whoever_keeps_failing_is_throttled_and_the_script_still_gets_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit = FailureLimit("signature", failures=3, seconds=60)
    monkeypatch.setattr("mailing.webhook.signature.SIGNATURE_FAILURES", limit)
    headers = signature_headers(BODY, key=OTHER_KEY)

    statuses = [call(headers) for _ in range(5)]

    assert statuses == [401, 401, 401, 429, 429]
    assert post_to_webhook([webhook_message("m1", build_mail())]).status_code == 202
