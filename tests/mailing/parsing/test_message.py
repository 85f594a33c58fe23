"""The header of a mail: sender, subject, dates, repeated and damaged fields."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from mailing.parsing.addresses import Address
from mailing.parsing.message import parse
from tests.mailing.parsing.samples import read


def test_unlabelled_koi8_in_header_and_body_is_read() -> None:
    mail = parse(read("koi8_unlabelled.eml"))

    assert mail.sender == Address("anna@client.example", "Анна Петрова")
    assert mail.subject == "Не печатает принтер"
    assert mail.text.split("\n")[0] == "Здравствуйте! Принтер на втором этаже не печатает."
    assert mail.date == datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
    assert mail.message_id == "<koi8@client.example>"
    assert mail.problem == ""


def test_an_mbox_line_and_blank_lines_before_the_header_are_skipped() -> None:
    raw = b"  \n\nFrom a@b.example Mon Nov  2 10:00:00 2026\nFrom: a@b.example\nSubject: s\n\ntext"

    mail = parse(raw)

    assert (mail.sender.email, mail.subject, mail.text) == ("a@b.example", "s", "text")


def test_the_first_of_repeated_fields_counts() -> None:
    raw = (
        b"From: first@b.example\nFrom: second@b.example\nSubject: one\nSubject: two\n"
        b"Message-ID: <1@b>\nMessage-ID: <2@b>\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n"
        b"Date: Tue, 3 Nov 2026 10:00:00 +0000\n\nx"
    )

    mail = parse(raw)

    assert (mail.sender.email, mail.subject, mail.message_id) == (
        "first@b.example",
        "one",
        "<1@b>",
    )
    assert mail.date == datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    assert mail.all_headers("from") == ("first@b.example", "second@b.example")


def test_a_header_without_a_blank_line_ends_where_text_begins() -> None:
    mail = parse(b"From: a@b.example\nSubject: s\nThe printer is broken.\nPlease help.\n")

    assert (mail.subject, mail.text) == ("s", "The printer is broken.\nPlease help.")


def test_fields_after_an_unindented_continuation_line_are_read() -> None:
    mail = parse(b"Received: from x\nby y; today\nFrom: a@b.example\nSubject: s\n\ntext")

    assert (mail.sender.email, mail.subject, mail.text) == ("a@b.example", "s", "text")


@pytest.mark.parametrize(
    ("fields", "email"),
    [
        ("From: A <a@b.example>\nSender: s@b.example", "a@b.example"),
        ("From: undisclosed\nSender: s@b.example", "s@b.example"),
        ("Reply-To: r@b.example", "r@b.example"),
        ("Return-Path: <p@b.example>", "p@b.example"),
        ("Return-Path: <>", ""),
    ],
)
def test_the_sender_is_the_first_address_of_from_sender_reply_to_or_return_path(
    fields: str, email: str
) -> None:
    assert parse(f"{fields}\n\nx".encode()).sender.email == email


def test_a_bug_in_parsing_loses_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr("mailing.parsing.body.choose_body", bug)

    mail = parse(b"From: a@b.example\n\nx")

    assert mail.problem == "cannot be parsed: KeyError"
    assert mail.body_hash == hashlib.sha256(b"From: a@b.example\n\nx").hexdigest()


def test_raw_8bit_header_is_in_the_charset_of_the_body() -> None:
    raw = "Subject: プリンタ\nFrom: a@b.example\nContent-Type: text/plain; charset=shift_jis\n\nx"

    assert parse(raw.encode("shift_jis")).subject == "プリンタ"
