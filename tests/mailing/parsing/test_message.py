"""What a mail says: its body, its parts, its sender, and the limits within which it is read."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from mailing.parsing.limits import HEADER_BYTES, Limits
from mailing.parsing.message import Address, Part, leaves, parse
from tests.paths import MAIL


def read(name: str) -> bytes:
    return (MAIL / name).read_bytes()


def multipart(kind: str, *parts: str) -> bytes:
    head = f'From: a@b.example\nContent-Type: multipart/{kind}; boundary="x"\n\n'
    return (head + "".join(f"--x\n{part}\n" for part in parts) + "--x--\n").encode()


def test_unlabelled_koi8_in_header_and_body_is_read() -> None:
    mail = parse(read("koi8_unlabelled.eml"))

    assert mail.sender == Address("anna@client.example", "Анна Петрова")
    assert mail.subject == "Не печатает принтер"
    assert mail.text.split("\n")[0] == "Здравствуйте! Принтер на втором этаже не печатает."
    assert mail.date == datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
    assert mail.message_id == "<koi8@client.example>"
    assert mail.problem == ""


def test_texts_around_an_image_are_one_body_and_the_image_a_part() -> None:
    mail = parse(read("apple_mixed.eml"))

    assert mail.text == "Before the picture.\n\nAfter the picture."
    assert mail.parts == (Part("screen.png", "image/png", 8, "pic@client.example", "inline"),)


def test_an_invitation_keeps_its_text_and_lists_the_calendar() -> None:
    mail = parse(read("outlook_invitation.eml"))

    assert mail.sender.name == "Olga (HR)"
    assert mail.text == "Please join."
    assert mail.html == "<p>Please <b>join</b>.</p>"
    assert [part.type for part in mail.parts] == ["text/calendar"]


@pytest.mark.parametrize("disposition", ["", "Content-Disposition: attachment\n"])
def test_a_named_text_is_the_body_for_want_of_another_unless_it_is_attached(
    disposition: str,
) -> None:
    raw = (
        "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n"
        f'--b\nContent-Type: text/plain; name="report.txt"\n{disposition}\nUnknown user\n'
        "--b\nContent-Type: image/png; name=x.png\n\nx\n--b--\n"
    )

    mail = parse(raw.encode())

    assert mail.text == ("" if disposition else "Unknown user")
    assert [part.name for part in mail.parts] == ["report.txt", "x.png"]


def test_a_calendar_alone_is_read_as_text() -> None:
    mail = parse(
        b"From: a@b.example\nContent-Type: text/calendar\n\nBEGIN:VEVENT\nSUMMARY:Plan\\, B\n"
        b"LOCATION:Room 4\nEND:VEVENT\n"
    )

    assert mail.text == "SUMMARY: Plan, B\nLOCATION: Room 4"


def test_a_signed_mail_is_read_through_its_signature() -> None:
    mail = parse(read("smime_signed.eml"))

    assert mail.text == "I agree."
    assert [(part.name, part.type, part.size) for part in mail.parts] == [
        ("акт.pdf", "application/pdf", 4),
        ("smime.p7s", "application/pkcs7-signature", 3),
    ]


def test_an_attached_message_stays_a_part() -> None:
    mail = parse(read("forwarded_message.eml"))

    assert mail.text == "What does this mean?"
    assert [part.type for part in mail.parts] == ["message/rfc822"]


def test_an_attached_message_is_the_body_only_for_want_of_another() -> None:
    mail = parse(
        b"From: a@b.example\nContent-Type: message/rfc822\n\nSubject: inner\n\nInner text\n"
    )

    assert mail.text == "Inner text"
    assert [part.type for part in mail.parts] == ["message/rfc822"]


@pytest.mark.parametrize(
    ("parts", "text", "html"),
    [
        (("\nplain", "Content-Type: text/html\n\n<p>rich</p>"), "plain", "<p>rich</p>"),
        (("\n \n", "Content-Type: text/html\n\n<p>rich</p>"), "rich", "<p>rich</p>"),
        (("Content-Type: text/html\n\n<p>rich</p>",), "rich", "<p>rich</p>"),
        (("\n",), "", ""),
    ],
    ids=["text first", "text empty", "html only", "nothing"],
)
def test_alternatives_prefer_text_unless_it_is_empty(
    parts: tuple[str, ...], text: str, html: str
) -> None:
    mail = parse(multipart("alternative", *parts))

    assert (mail.text, mail.html, mail.parts) == (text, html, ())


def test_text_and_its_own_html_as_mixed_parts_are_said_once() -> None:
    mail = parse(multipart("mixed", "\nHello there", "Content-Type: text/html\n\n<p>Hello there"))

    assert mail.text == "Hello there"
    assert mail.html == "<p>Hello there"


def test_a_text_file_is_a_part_and_no_body() -> None:
    mail = parse(
        multipart("mixed", "\nSee log", 'Content-Disposition: attachment; filename="a.log"\n\nERR')
    )

    assert mail.text == "See log"
    assert mail.parts == (Part("a.log", "text/plain", 3, "", "attachment"),)


def test_flowed_text_is_joined_and_quotes_and_signature_are_kept() -> None:
    raw = (
        b"From: a@b.example\nContent-Type: text/plain; format=flowed\n\n"
        b"One long \nparagraph.\n> quoted \n> too\n -- no\n-- \nAnna\n"
    )

    assert parse(raw).text == "One long paragraph.\n> quoted too\n-- no\n--\nAnna"


def test_flowed_text_with_delsp_loses_the_soft_blank() -> None:
    raw = (
        "From: a@b.example\nContent-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n"
        "プリンター \nが動きません\n"
    ).encode()

    assert parse(raw).text == "プリンターが動きません"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_line_ends_of_any_kind_give_the_same_mail(end: bytes) -> None:
    lines = [b"From: a@b.example", b"Subject: long", b" subject", b"", b"one", b"", b"two"]

    mail = parse(end.join(lines))

    assert (mail.subject, mail.text) == ("long subject", "one\n\ntwo")
    assert mail.body_hash == hashlib.sha256(b"one\n\ntwo").hexdigest()


def test_an_mbox_line_and_blank_lines_before_the_header_are_skipped() -> None:
    raw = b"  \n\nFrom a@b.example Mon Nov  2 10:00:00 2026\nFrom: a@b.example\nSubject: s\n\ntext"

    mail = parse(raw)

    assert (mail.sender.email, mail.subject, mail.text) == ("a@b.example", "s", "text")


def test_of_repeated_fields_the_first_counts() -> None:
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


def test_an_unindented_continuation_line_does_not_cost_the_fields_after_it() -> None:
    mail = parse(b"Received: from x\nby y; today\nFrom: a@b.example\nSubject: s\n\ntext")

    assert (mail.sender.email, mail.subject, mail.text) == ("a@b.example", "s", "text")


def test_missing_final_boundary_and_wrong_boundary_are_read() -> None:
    cut = parse(multipart("mixed", "\nHello").replace(b"--x--\n", b""))
    wrong = parse(
        multipart("mixed", "Content-Type: text/html\n\n<p>Hi").replace(b"\n--x", b"\n--y")
    )

    assert cut.text == "Hello"
    assert wrong.text == "Hi"


def test_equal_boundaries_inside_each_other_end() -> None:
    mail = parse(multipart("mixed", 'Content-Type: multipart/mixed; boundary="x"\n', "\nHello"))

    assert mail.text == "Hello"
    assert mail.problem == ""


def test_an_html_body_deeper_than_the_library_takes_is_still_text() -> None:
    html = b"<div>" * 3000 + b"Deep text" + b"</div>" * 3000

    mail = parse(b"From: a@b.example\nContent-Type: text/html\n\n" + html)

    assert mail.text == "Deep text"


def test_scripts_styles_and_comments_are_no_text() -> None:
    html = b"<style>p{}</style><!-- no --><script>alert(1)</script><p>Yes &amp; no</p>"

    mail = parse(b"From: a@b.example\nContent-Type: text/html\n\n" + html)

    assert mail.text == "Yes & no"


@pytest.mark.parametrize(
    ("raw", "limits", "problem"),
    [
        (b"From: a@b.example\n\n" + b"x" * 200, Limits(message_bytes=100), "larger than 100 bytes"),
        (
            b"From: a@b.example\nX: " + b"x" * HEADER_BYTES + b"\n\n",
            Limits(),
            "header larger than 262144 bytes",
        ),
        (multipart("mixed", *["\nx"] * 5), Limits(parts=4), "more than 4 parts"),
        (
            multipart("mixed", 'Content-Type: multipart/mixed; boundary="y"\n\n--y\n\nz\n--y--'),
            Limits(depth=1),
            "parts nested deeper than 1",
        ),
        (
            multipart("mixed", "\nx"),
            Limits(seconds=0),
            "parsing took more than 0 seconds",
        ),
    ],
    ids=["message", "header", "parts", "depth", "seconds"],
)
def test_what_exceeds_a_limit_says_so(raw: bytes, limits: Limits, problem: str) -> None:
    assert parse(raw, limits).problem == problem


def test_a_mail_beyond_a_limit_still_has_its_header() -> None:
    mail = parse(b"Subject: big\n" + multipart("mixed", *["\nx"] * 5), Limits(parts=2))

    assert (mail.sender.email, mail.subject) == ("a@b.example", "big")


def test_three_thousand_nested_parts_are_refused_and_not_fatal() -> None:
    raw = b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b0\n\n" + b"".join(
        b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(3000)
    )

    assert parse(raw).problem == "parts nested deeper than 30"


@pytest.mark.parametrize(
    ("fields", "email", "source"),
    [
        ("From: A <a@b.example>\nSender: s@b.example", "a@b.example", "from"),
        ("From: undisclosed\nSender: s@b.example", "s@b.example", "sender"),
        ("Reply-To: r@b.example", "r@b.example", "reply-to"),
        ("Return-Path: <p@b.example>", "p@b.example", "return-path"),
        ("Return-Path: <>", "", ""),
    ],
)
def test_the_sender_falls_back(fields: str, email: str, source: str) -> None:
    mail = parse(f"{fields}\n\nx".encode())

    assert (mail.sender.email, mail.sender_from) == (email, source)


def test_a_bug_in_parsing_costs_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr("mailing.parsing.body.choose", bug)

    mail = parse(b"From: a@b.example\n\nx")

    assert mail.problem == "cannot be parsed: KeyError"
    assert mail.body_hash == hashlib.sha256(b"From: a@b.example\n\nx").hexdigest()


def test_a_digest_is_read_message_by_message() -> None:
    mail = parse(multipart("digest", "\nSubject: 1\n\nOne", "\nSubject: 2\n\nTwo"))

    assert mail.text == "One\n\nTwo"
    assert [part.type for part in mail.parts] == ["message/rfc822", "message/rfc822"]


def test_raw_8bit_header_is_in_the_charset_of_the_body() -> None:
    raw = "Subject: プリンタ\nFrom: a@b.example\nContent-Type: text/plain; charset=shift_jis\n\nx"

    assert parse(raw.encode("shift_jis")).subject == "プリンタ"


def test_leaves_give_the_bytes_of_every_part() -> None:
    content = [(leaf.part.type, leaf.payload) for leaf in leaves(read("apple_mixed.eml"))]

    assert content[1] == ("image/png", base64.b64decode("iVBORw0KGgo="))
    assert [kind for kind, _ in content] == ["text/plain", "image/png", "text/plain"]


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("base64", "SGVsbG8", "Hello"),
        ("base64", "SGVs\nbG8=\n", "Hello"),
        ("BASE64", "SGV!sbG8=", "Hello"),
        ("base64", "SGVsbG8=\n____\nSent by a mailing list", "Hello____\nSent by a mailing list"),
        ("base64", "No base64 at all, sorry", "No base64 at all, sorry"),
        ("quoted-printable", "Hel= \nlo =C3=A9 =ZZ", "Hello é =ZZ"),
        ("x-uuencode", "begin 644 a\n%2&5L;&\\\n`\nend", "Hello"),
        ("8bit", "Hello", "Hello"),
        ("unheard-of", "Hello", "Hello"),
    ],
)
def test_transfer_encodings_are_undone_as_far_as_they_hold(
    encoding: str, body: str, text: str
) -> None:
    raw = f"From: a@b.example\nContent-Transfer-Encoding: {encoding}\n\n{body}".encode()

    assert parse(raw).text == text
