"""Quarantined mail is worked again, one by one or all, and tells what has changed since."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.inbound import replay
from mailing.models import InboundEmail
from mailing.parsing import message
from tests.factories import InboundEmailFactory
from tests.inbox import process_inbox
from tests.mail import build_mail
from tickets.models import Message

pytestmark = pytest.mark.django_db

State = InboundEmail.State


def quarantined(number: int = 0) -> InboundEmail:
    """Return a mail that the parser of that day could not read."""
    row: InboundEmail = InboundEmailFactory.create(
        raw=build_mail(f"s{number}@example.com", subject="Printer"),
        requester_address=f"s{number}@example.com",
    )
    with pytest.MonkeyPatch.context() as patch:

        def fail(*args: Any, **kwargs: Any) -> Any:
            raise ValueError("unreadable")

        patch.setattr(message, "parse_with_files", fail)
        for _ in range(3):
            InboundEmail.objects.update(next_attempt_at=None)
            process_inbox()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUARANTINED, 3)
    return row


def test_a_replay_tells_what_changed_in_the_parse(supervisor_api: APIClient) -> None:
    row = quarantined()
    path = f"/mail/inbox/{row.pk}/"
    assert supervisor_api.get(path).json()["changed_by_replay"] is None

    answer = supervisor_api.post(f"{path}replay")
    assert answer.json()["changed_by_replay"] is None
    process_inbox()

    changed = supervisor_api.get(path).json()["changed_by_replay"]
    assert changed["state"] == ["quarantined", "processed"]
    assert changed["reason"] == ["gave up after 3 tries: ValueError: unreadable", ""]
    assert changed["kind"] == [None, "person"]
    assert changed["subject"] == [None, "Printer"]
    assert changed["text_characters"] == [None, 18]
    assert "It does not print" not in str(changed)
    assert Message.objects.count() == 1


def test_a_replay_that_ends_as_before_tells_that_nothing_changed(
    supervisor_api: APIClient,
) -> None:
    raw = build_mail(message_id="<a@example.com>")
    InboundEmailFactory.create(raw=raw)
    copy = InboundEmailFactory.create(raw=raw)
    process_inbox()

    supervisor_api.post(f"/mail/inbox/{copy.pk}/replay")
    process_inbox()

    assert supervisor_api.get(f"/mail/inbox/{copy.pk}/").json()["changed_by_replay"] == {}
    assert Message.objects.count() == 1


def test_all_quarantined_mail_is_replayed_at_once(supervisor_api: APIClient) -> None:
    for number in range(3):
        quarantined(number)
    ignored = InboundEmailFactory.create(
        state="ignored", reason="an auto-reply", processed_at=timezone.now()
    )

    answer = supervisor_api.post("/mail/inbox/replay", {"state": "quarantined"}, format="json")

    assert answer.json() == {"replayed": 3, "refused": [], "remaining": 0, "next_after": None}
    process_inbox()
    assert InboundEmail.objects.filter(state="processed").count() == Message.objects.count() == 3
    ignored.refresh_from_db()
    assert ignored.state == State.IGNORED


def test_more_than_a_request_has_time_for_remains(
    supervisor_api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        quarantined(number)
    monkeypatch.setattr(replay, "MAX_AT_ONCE", 2)

    first, second = (supervisor_api.post("/mail/inbox/replay").json() for _ in range(2))

    assert (first["replayed"], first["remaining"]) == (2, 1)
    assert (second["replayed"], second["remaining"]) == (1, 0)


def test_what_cannot_be_replayed_is_refused_by_name(supervisor_api: APIClient) -> None:
    good, waits = quarantined(), InboundEmailFactory.create()

    answer = supervisor_api.post(
        "/mail/inbox/replay",
        {"ids": [good.pk, waits.pk, 999_999]},
        format="json",
        headers={"Accept-Language": "en"},
    )

    assert answer.json() == {
        "replayed": 1,
        "refused": [
            {
                "id": waits.pk,
                "reason": "The mail is received; only an ignored or quarantined one can be "
                "replayed.",
            },
            {"id": 999_999, "reason": "There is no such mail."},
        ],
        "remaining": 0,
        "next_after": None,
    }


def test_mail_that_cannot_be_replayed_does_not_hold_up_the_rest(
    supervisor_api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = [
        InboundEmailFactory.create(
            state="quarantined", reason="x", processed_at=timezone.now(), raw=None
        )
        for _ in range(2)
    ]
    good = quarantined()
    monkeypatch.setattr(replay, "MAX_AT_ONCE", 2)

    first = supervisor_api.post("/mail/inbox/replay").json()
    second = supervisor_api.post(
        "/mail/inbox/replay", {"after": first["next_after"]}, format="json"
    ).json()

    assert [one["id"] for one in first["refused"]] == [row.pk for row in gone]
    assert (first["replayed"], first["remaining"], first["next_after"]) == (0, 1, gone[1].pk)
    assert (second["replayed"], second["remaining"], second["next_after"]) == (1, 0, None)
    good.refresh_from_db()
    assert good.state == State.RECEIVED


def test_only_mail_of_a_kind_is_replayed(supervisor_api: APIClient) -> None:
    aside = {"state": "ignored", "reason": "x", "processed_at": timezone.now()}
    ours, machine, other = (
        InboundEmailFactory.create(kind=kind, **aside) for kind in ("ours", "machine", "machine")
    )

    body = {"state": "ignored", "kind": "machine"}
    answer = supervisor_api.post("/mail/inbox/replay", body, format="json")
    call_command("replay", "--all", "--state=ignored", "--kind=ours", stdout=StringIO())

    assert answer.json()["replayed"] == 2
    for row in (ours, machine, other):
        row.refresh_from_db()
        assert row.state == State.RECEIVED


@pytest.mark.parametrize(
    ("body", "named"),
    [({"state": "received"}, "state"), ({"ids": ["x"]}, "ids.0"), ({"ids": [0]}, "ids.0")],
)
def test_bad_choices_are_named(supervisor_api: APIClient, body: dict[str, Any], named: str) -> None:
    quarantined()

    answer = supervisor_api.post("/mail/inbox/replay", body, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {named}
    assert InboundEmail.objects.get().state == State.QUARANTINED


def test_operators_replay_nothing(api: APIClient) -> None:
    quarantined()

    assert api.post("/mail/inbox/replay").status_code == 403
    assert InboundEmail.objects.get().state == State.QUARANTINED


def test_the_command_replays_all_or_some() -> None:
    first, second = quarantined(1), quarantined(2)
    out = StringIO()

    call_command("replay", "--all", "--dry-run", stdout=out)
    assert InboundEmail.objects.filter(state="quarantined").count() == 2
    call_command("replay", first.pk, stdout=out)
    call_command("replay", "--all", stdout=out)

    assert out.getvalue().splitlines() == [
        f"2 mails would be processed again: [{first.pk}, {second.pk}]",
        "1 mails are processed again.",
        "1 mails are processed again.",
    ]
    assert not InboundEmail.objects.filter(state="quarantined").exists()


def test_the_command_says_what_it_could_not_do() -> None:
    waits, errors = InboundEmailFactory.create(), StringIO()

    with pytest.raises(CommandError, match="1 are not"):
        call_command("replay", waits.pk, stdout=StringIO(), stderr=errors)
    with pytest.raises(CommandError, match="or --all"):
        call_command("replay")

    assert errors.getvalue().startswith(f"{waits.pk}: ")
