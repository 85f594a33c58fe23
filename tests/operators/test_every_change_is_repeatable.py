"""Each change of the operators' API under an `Idempotency-Key`: one effect, one answer."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.urls import resolve

from operators.models import IdempotencyKey
from operators.repeatable import RepeatableView
from tasks import wiring
from tests.concurrency import at_once
from tests.operators.changes import CHANGES, KEY, Change, change_name, database, row_counts
from tests.security.rows.base import Row
from tests.security.test_callers import methods, routes
from tests.security.world import World
from tickets.models import Attachment

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("files_folder")]

HEADERS = {"Idempotency-Key": KEY}
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
TOKENS = ("/ops/support_ops/{other}/tokens/", "/ops/support_ops/me/tokens/")

each_change = pytest.mark.parametrize("row", CHANGES, ids=change_name)


def issues_a_token(row: Row) -> bool:
    return row.method == "POST" and row.path in TOKENS


@pytest.mark.django_db
def test_every_url_that_changes_something_is_repeatable_and_tried_below() -> None:
    changing: dict[tuple[str, str], Any] = {
        (method, route): pattern.callback
        for route, pattern in routes()
        if not route.startswith(("admin/", "requests/webhook/", "desk/"))
        for method in methods(pattern) - SAFE
    }
    world = World()

    assert [
        change for change, view in changing.items() if not issubclass(view.cls, RepeatableView)
    ] == []
    assert set(changing) == {(row.method, resolve(world.path(row.path)).route) for row in CHANGES}


def lose_the_answer(change: Change, make: Callable[[], Any]) -> int:
    """Cut the line to the client once the answer is made, and return the answer's status."""
    get_response, statuses = change.client.handler.get_response, []

    def cut(request: Any) -> Any:
        statuses.append(get_response(request).status_code)
        raise ConnectionResetError

    change.client.handler.get_response = cut  # type: ignore[method-assign]
    with pytest.raises(ConnectionResetError):
        make()
    change.client.handler.get_response = get_response  # type: ignore[method-assign]
    return statuses[0]


@each_change
@pytest.mark.django_db(transaction=True)
def test_a_change_whose_answer_was_lost_is_repeated_without_effect(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Change(row)
    make = partial(change.make, HEADERS)
    nudges: list[str] = []
    monkeypatch.setattr(wiring, "nudge", nudges.append)

    status = lose_the_answer(change, make)
    after_first, first_nudges = database(), list(nudges)
    second, third = make(), make()

    assert status == row.status
    assert database() == after_first
    assert nudges == first_nudges
    if issues_a_token(row):
        assert (second.status_code, second.json()["error"]["code"]) == (409, "token_is_issued")
        assert IdempotencyKey.objects.get().content == ""
        return
    kept = IdempotencyKey.objects.get()
    assert (second.status_code, kept.status) == (row.status, row.status)
    assert second.content == third.content == kept.content.encode()
    assert second.get("ETag", "") == kept.etag
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.get("Content-Type") == (None if row.status == 204 else "application/json")


@each_change
@pytest.mark.django_db(transaction=True)
def test_of_ten_at_once_under_one_key_one_has_an_effect(row: Row) -> None:
    change = Change(row)
    with transaction.atomic():
        assert change.make().status_code == row.status
        expected = row_counts()
        transaction.set_rollback(True)

    answers = at_once([partial(change.make, HEADERS)] * 10)

    assert row_counts() == expected
    good = [answer for answer in answers if answer.status_code == row.status]
    others = [answer for answer in answers if answer.status_code != row.status]
    first = [answer for answer in good if "Idempotency-Replayed" not in answer.headers]
    assert len(first) == 1
    assert len({answer.content for answer in good}) == 1
    codes = {(answer.status_code, answer.json()["error"]["code"]) for answer in others}
    refused = {(409, "request_under_way")}
    assert codes <= (refused | {(409, "token_is_issued")} if issues_a_token(row) else refused)


@pytest.mark.django_db(transaction=True)
def test_what_ten_uploads_at_once_leave_is_one_file() -> None:
    (row,) = (row for row in CHANGES if row.body == "file")
    change = Change(row)
    before = Attachment.objects.count()

    at_once([partial(change.make, HEADERS)] * 10)
    answer = change.make(HEADERS)

    assert Attachment.objects.count() == before + 1
    assert [file["id"] for file in answer.json()] == [Attachment.objects.latest("pk").pk]
