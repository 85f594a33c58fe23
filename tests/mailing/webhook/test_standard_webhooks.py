"""Our webhook signature is that of the reference library of Standard Webhooks, both ways."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient
from standardwebhooks import Webhook, WebhookVerificationError

from mailing.webhook.signature import TOLERANCE_SECONDS, sign
from tests.services import WEBHOOK_KEY, WEBHOOK_SECRET
from tests.webhook import WEBHOOK

# What may stand in an HTTP header, without blanks at its ends.
ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
bodies = st.text(st.characters(exclude_categories=["Cs"]), max_size=500)
# A few seconds short of the limit, for the test takes time, too.
ages = st.integers(10 - TOLERANCE_SECONDS, TOLERANCE_SECONDS - 10)


@pytest.mark.django_db
@given(webhook_id=ids, age=ages, messages=st.lists(bodies, max_size=3))
def test_we_accept_what_it_signs(webhook_id: str, age: int, messages: list[str]) -> None:
    content: list[dict[str, Any]] = [{"id": "", "raw": message} for message in messages]
    body = json.dumps({"messages": content}, ensure_ascii=False)
    moment = datetime.now(UTC) - timedelta(seconds=age)
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(WEBHOOK_SECRET).sign(webhook_id, moment, body),
    }

    response = APIClient().post(
        WEBHOOK, body.encode(), content_type="application/json", headers=headers
    )

    assert response.status_code == 202, response.content


@given(webhook_id=ids, age=ages, body=bodies, cut=st.integers(0, 500))
def test_it_accepts_what_we_sign(webhook_id: str, age: int, body: str, cut: int) -> None:
    timestamp = str(int(datetime.now(UTC).timestamp()) - age)
    content = body.encode()
    signature = sign(WEBHOOK_KEY, webhook_id, timestamp, [content[:cut], content[cut:]])
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
    }

    Webhook(WEBHOOK_SECRET).verify(content, headers, json_parse=False)

    with pytest.raises(WebhookVerificationError):
        Webhook(WEBHOOK_SECRET).verify(content + b"x", headers, json_parse=False)
