"""The script asks which mail was never received."""

from typing import Any

import pytest

from tests.mail import build_mail
from tests.webhook import (
    RECONCILE,
    post_mails,
    post_to_webhook,
)

pytestmark = pytest.mark.django_db


RAW = build_mail()


def test_reconcile_names_what_was_never_received() -> None:
    post_mails(RAW, RAW)

    answer = post_to_webhook({"ids": ["m3", "m1", "m0", "m3", "m2"]}, path=RECONCILE)

    assert answer.status_code == 200
    assert answer.json() == {"missing": ["m3", "m0"]}


def test_reconcile_counts_only_what_came_from_gmail() -> None:
    post_to_webhook({"id": "m1", "user_email": "a@example.com", "description": "x"})

    assert post_to_webhook({"ids": ["m1"]}, path=RECONCILE).json() == {"missing": ["m1"]}


@pytest.mark.parametrize(
    "content", [{}, [], {"ids": "m1"}, {"ids": [None]}, {"ids": ["a\0"]}, {"ids": ["\ud800"]}, b"?"]
)
def test_reconcile_refuses_what_is_no_list_of_ids(content: Any) -> None:
    assert post_to_webhook(content, path=RECONCILE).status_code == 400
