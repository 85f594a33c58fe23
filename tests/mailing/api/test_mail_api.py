"""Inbox and outbox for supervisors: lists, filters, raw mail and replay."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from mailing.models import InboundEmail
from tests.factories import InboundEmailFactory
from tests.inbox import process_inbox
from tests.mail import build_mail
from tests.mailing.api.rows import IN, OUT, english, inbound, outbound
from tests.responses import error_of
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


HUGE = 99_999_999_999_999_999_999


# What each state needs beside itself.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/mail/inbox/"),
        ("get", "/mail/inbox/1/"),
        ("get", "/mail/inbox/1/raw"),
        ("post", "/mail/inbox/1/replay"),
        ("post", "/mail/inbox/1/accept"),
        ("get", "/mail/outbox/"),
        ("get", "/mail/outbox/1/"),
        ("post", "/mail/outbox/1/retry"),
        ("post", "/mail/outbox/1/cancel"),
    ],
)
def test_mail_is_for_supervisors(api: APIClient, method: str, path: str) -> None:
    assert getattr(APIClient(), method)(path).status_code == 401
    assert getattr(api, method)(path).status_code == 403


@pytest.mark.parametrize("number", [0, 12345, HUGE])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/mail/inbox/{}/"),
        ("get", "/mail/inbox/{}/raw"),
        ("post", "/mail/inbox/{}/replay"),
        ("post", "/mail/inbox/{}/accept"),
        ("get", "/mail/outbox/{}/"),
        ("post", "/mail/outbox/{}/retry"),
        ("post", "/mail/outbox/{}/cancel"),
    ],
)
def test_an_unknown_mail_is_404(
    supervisor_api: APIClient, method: str, path: str, number: int
) -> None:
    answer = getattr(supervisor_api, method)(path.format(number))

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_the_inbox_tells_what_became_of_each_mail(supervisor_api: APIClient) -> None:
    row = InboundEmailFactory.create(external_id="18c2f0")
    process_inbox()
    waiting = inbound(IN.RECEIVED, requester_address="olga@example.com")

    listed = supervisor_api.get("/mail/inbox/").json()["results"]
    shown = supervisor_api.get(f"/mail/inbox/{row.pk}/").json()

    row.refresh_from_db()
    assert [one["id"] for one in listed] == [row.pk, waiting.pk]
    assert shown == listed[0]
    assert shown["request"] == row.ticket_id
    assert shown["message"] == row.message_id
    assert (shown["source"], shown["external_id"], shown["state"], shown["kind"]) == (
        "gmail",
        "18c2f0",
        "processed",
        "person",
    )
    assert (listed[1]["request"], listed[1]["message"], listed[1]["processed_at"]) == (
        None,
        None,
        None,
    )
    assert set(shown) >= {"id", "reason", "attempts", "received_at", "sender", "size"}


def test_inbox_and_outbox_are_filtered(supervisor_api: APIClient) -> None:
    ignored = inbound(IN.IGNORED, kind="ours")
    quarantined = inbound(IN.QUARANTINED, external_id="named")
    sent = outbound(OUT.SENT, recipient="ivan@example.com")
    failed = outbound(OUT.FAILED, recipient="olga@example.com")

    def ids(path: str) -> list[int]:
        return [one["id"] for one in supervisor_api.get(path).json()["results"]]

    assert ids("/mail/inbox/?state=ignored") == [ignored.pk]
    assert ids("/mail/inbox/?kind=ours") == [ignored.pk]
    assert ids("/mail/inbox/?external_id=named") == [quarantined.pk]
    assert ids("/mail/inbox/?state=&kind=&external_id=") == [ignored.pk, quarantined.pk]
    assert ids("/mail/outbox/?state=sent") == [sent.pk]
    assert ids("/mail/outbox/?recipient=OLGA@example.com") == [failed.pk]
    assert ids("/mail/outbox/?state=&recipient=") == [sent.pk, failed.pk]


@pytest.mark.parametrize(
    ("path", "problems"),
    [
        (
            "/mail/inbox/?state=x",
            {"state": ["Must be one of received, processed, ignored, quarantined."]},
        ),
        (
            "/mail/inbox/?kind=x",
            {"kind": ["Must be one of person, auto_reply, machine, bounce, complaint, ours."]},
        ),
        (
            "/mail/outbox/?state=x",
            {
                "state": [
                    "Must be one of queued, sending, sent, deferred, uncertain, failed, "
                    "suppressed, bounced, held, withdrawn."
                ]
            },
        ),
        ("/mail/outbox/?recipient=%00", {"recipient": ["Null characters are not allowed."]}),
    ],
)
def test_an_unknown_filter_value_is_400_and_the_known_ones_are_named(
    supervisor_api: APIClient, path: str, problems: dict[str, list[str]]
) -> None:
    answer = supervisor_api.get(path, HTTP_ACCEPT_LANGUAGE="en")

    assert error_of(answer, 400, "invalid")["fields"] == problems


def test_the_bytes_can_be_read_back(supervisor_api: APIClient) -> None:
    row = InboundEmailFactory.create(raw=b"From: a@b.c\r\n\r\n\xff\x00")

    answer: Any = supervisor_api.get(f"/mail/inbox/{row.pk}/raw")

    assert b"".join(answer.streaming_content) == b"From: a@b.c\r\n\r\n\xff\x00"
    assert answer["Content-Type"] == "message/rfc822"
    assert answer["Content-Disposition"] == f'attachment; filename="inbound-{row.pk}.eml"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_bytes_past_their_retention_are_404(supervisor_api: APIClient) -> None:
    row = inbound(IN.IGNORED, raw=None)

    assert supervisor_api.get(f"/mail/inbox/{row.pk}/raw").status_code == 404
    assert supervisor_api.get(f"/mail/inbox/{row.pk}/").status_code == 200


@pytest.mark.parametrize("state", [IN.IGNORED, IN.QUARANTINED])
def test_a_mail_that_was_set_aside_is_worked_once_more(
    supervisor_api: APIClient, state: InboundEmail.State
) -> None:
    row = inbound(state, kind="machine")

    answer = supervisor_api.post(f"/mail/inbox/{row.pk}/replay")

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["state"], shown["reason"], shown["kind"]) == ("received", "", "")
    assert (shown["attempts"], shown["processed_at"]) == (0, None)
    assert process_inbox() == 1
    row.refresh_from_db()
    assert (row.state, Ticket.objects.count()) == (IN.PROCESSED, 1)


@pytest.mark.parametrize("state", [IN.RECEIVED, IN.PROCESSED])
def test_a_mail_that_was_not_set_aside_is_not_replayed(
    supervisor_api: APIClient, state: InboundEmail.State
) -> None:
    row = inbound(state)

    answer = english(supervisor_api, f"/mail/inbox/{row.pk}/replay")

    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "code": "not_allowed_for_this_mail",
        "message": f"The mail is {state}; only an ignored or quarantined one can be replayed.",
        "fields": {},
    }
    row.refresh_from_db()
    assert row.state == state


def test_a_mail_without_its_bytes_is_not_replayed(supervisor_api: APIClient) -> None:
    row = inbound(IN.QUARANTINED, raw=None)

    answer = english(supervisor_api, f"/mail/inbox/{row.pk}/replay")

    assert answer.status_code == 409
    assert "retention" in answer.json()["error"]["message"]


def test_a_mail_of_which_only_the_header_came_is_not_replayed(supervisor_api: APIClient) -> None:
    row = inbound(InboundEmail.State.QUARANTINED, raw=b"From: a@b.c\r\n", size=60_000_000)

    answer = supervisor_api.post(f"/mail/inbox/{row.pk}/replay")

    assert answer.status_code == 409
    row.refresh_from_db()
    assert row.state == InboundEmail.State.QUARANTINED


def test_a_replayed_copy_is_a_copy_still(supervisor_api: APIClient) -> None:
    raw = build_mail(message_id="<a@x>")
    InboundEmailFactory.create(raw=raw)
    copy = InboundEmailFactory.create(raw=raw)
    process_inbox()

    supervisor_api.post(f"/mail/inbox/{copy.pk}/replay")
    process_inbox()

    copy.refresh_from_db()
    assert (copy.state, Message.objects.count()) == (IN.IGNORED, 1)
