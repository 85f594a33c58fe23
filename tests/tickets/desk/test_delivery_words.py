"""How far a mail has got, in words."""

from typing import Any

import pytest
from django.utils import timezone, translation

from mailing.models import OutboundEmail
from tickets.desk import delivery_words
from tickets.desk.delivery_words import (
    DeliveryLine,
    delivery_lines,
    grouped,
    may_send_now,
    may_withdraw,
)
from tickets.desk.smtp_words import smtp_words
from tickets.models import Message

AT = "2020-05-03T10:02:00Z"  # of another year, so that its day alone is shown
DAY = "3 May 2020"


def message_with(**delivery: Any) -> Message:
    return Message(delivery={"state": "sent", "timeline": [], **delivery})


def line_of(**delivery: Any) -> DeliveryLine:
    with translation.override("en"), timezone.override(timezone.get_default_timezone()):
        return delivery_lines(message_with(**delivery), "ivan@example.com")[0]


def test_every_state_and_every_step_has_words() -> None:
    states = set(OutboundEmail.State.values)

    assert set(delivery_words._STATES) == states
    assert set(delivery_words._STEPS) == states


@pytest.mark.parametrize(
    ("delivery", "words", "tone"),
    [
        ({"state": "queued"}, "On its way", ""),
        (
            {"state": "queued", "reason": "waits: SEND_RATE_PER_RECIPIENT is reached"},
            "On its way: it waits its turn: much mail goes there at the moment",
            "",
        ),
        ({"state": "queued", "send_at": AT}, f"Goes out at {DAY}", "accent"),
        ({"state": "sending"}, "Is being sent", ""),
        ({"state": "sent", "sent_at": AT}, f"Accepted by the mail server at {DAY}", "good"),
        (
            {"state": "sent", "bounce": {"action": "delayed", "status": "4.4.1"}},
            "Sent, but their server says that it is late: their server does not answer",
            "warn",
        ),
        (
            {"state": "sent", "bounce": {"action": "complaint"}},
            "Sent, but they reported it as unwanted",
            "bad",
        ),
        (
            {"state": "sent", "bounce": {"action": "delivered"}},
            "Delivered to their mailbox",
            "good",
        ),
        (
            {
                "state": "deferred",
                "smtp_code": 452,
                "smtp_reply": "4.2.2 over quota",
                "next_attempt_at": AT,
            },
            f"The server could not take it yet: the mailbox is full. We try again at {DAY}",
            "warn",
        ),
        (
            {"state": "uncertain", "next_attempt_at": AT},
            f"The connection broke off, so it may have arrived or not. We try again at {DAY}",
            "warn",
        ),
        (
            {"state": "uncertain"},
            "The connection broke off, so it may have arrived or not."
            " A supervisor decides whether it is sent again",
            "bad",
        ),
        (
            {"state": "failed", "smtp_code": 550, "smtp_reply": "5.1.1 <x@y> unknown"},
            "The server refused it: no such mailbox",
            "bad",
        ),
        (
            {"state": "failed", "smtp_code": 421, "reason": "not taken for a day: 421 busy"},
            "The server did not take it for a day: the server has too much to do",
            "bad",
        ),
        (
            {"state": "suppressed", "reason": "cancelled by operator 7"},
            "Not sent: an operator cancelled it",
            "bad",
        ),
        (
            {"state": "suppressed", "reason": "the moon is full"},
            "Not sent: the moon is full",
            "bad",
        ),
        (
            {"state": "bounced", "bounce": {"action": "failed", "status": "5.2.2"}},
            "Came back: the mailbox is full",
            "bad",
        ),
        ({"state": "bounced"}, "Came back", "bad"),
        ({"state": "held", "held_by": 5}, "Held: they wrote meanwhile", "warn"),
        ({"state": "withdrawn"}, "Taken back before it left", ""),
        ({"state": "of tomorrow"}, "of tomorrow", ""),
    ],
)
def test_a_state_in_words(delivery: dict[str, Any], words: str, tone: str) -> None:
    line = line_of(**delivery)

    assert (line.words, line.tone) == (words, tone)


def test_the_servers_own_words_stand_behind_ours() -> None:
    line = line_of(
        state="failed",
        smtp_code=550,
        smtp_reply="5.1.1 no such user",
        timeline=[
            {"state": "queued", "at": AT, "attempt": 0, "smtp_code": None, "words": ""},
            {"state": "failed", "at": AT, "attempt": 1, "smtp_code": 550, "words": "5.1.1 no"},
        ],
    )

    assert line.said == "550 5.1.1 no such user"
    assert [(step.at, step.words, step.said) for step in line.steps] == [
        (DAY, "Waits to be sent", ""),
        (DAY, "The server refused it: no such mailbox", "550 5.1.1 no"),
    ]


def test_each_recipient_has_a_line() -> None:
    message = message_with(state="sent", sent_at=AT)
    message.copies = {"petr@example.com": {"state": "held", "timeline": []}}

    lines = delivery_lines(message, "ivan@example.com")

    assert [(line.recipient, line.state) for line in lines] == [
        ("ivan@example.com", "sent"),
        ("petr@example.com", "held"),
    ]
    assert may_withdraw(lines)
    assert may_send_now(message)


def test_recipients_whose_mails_got_equally_far_are_together() -> None:
    message = message_with(state="sent", sent_at=AT)
    sent = {"state": "sent", "sent_at": AT, "timeline": []}
    message.copies = {"a@x.example": {**sent, "state": "sending"}, "b@x.example": sent}

    groups = grouped(delivery_lines(message, "ivan@example.com"))

    assert [[line.recipient for line in group.lines] for group in groups] == [
        ["ivan@example.com", "b@x.example"],
        ["a@x.example"],
    ]


def test_what_has_left_is_neither_sent_nor_taken_back() -> None:
    message = message_with(state="sent", send_at=AT)

    assert not may_withdraw(delivery_lines(message, "ivan@example.com"))
    assert not may_send_now(message)
    assert delivery_lines(Message(), "ivan@example.com") == []


@pytest.mark.parametrize(
    ("code", "reply", "words"),
    [
        (550, "5.1.1 unknown", "no such mailbox"),
        (None, "5.1.99 odd", "something is wrong with the address"),
        (550, "no", "the mailbox does not take this mail"),
        (550, "host 5.1.1.2 refuses", "the mailbox does not take this mail"),
        (299, "", ""),
        (None, "", ""),
    ],
)
def test_a_servers_answer_in_words(code: int | None, reply: str, words: str) -> None:
    with translation.override("en"):
        assert smtp_words(code, reply) == words
