"""For any bytes: no exception, no text that PostgreSQL rejects, nothing of unbounded length."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from email.message import EmailMessage
from encodings.aliases import aliases

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailing.classification.bounces import find_bounce, find_complaint
from mailing.classification.examination import DeskIdentity
from mailing.classification.rules import classify
from mailing.parsing import addresses, body, charsets, headers
from mailing.parsing.limits import Limits
from mailing.parsing.message import (
    AUTHOR_FIELDS,
    SUBJECT_CHARACTERS,
    ParsedEmail,
    parse,
    parse_author_fields,
    parse_with_files,
)
from tests.paths import MAIL

pytestmark = pytest.mark.slow

SAMPLES = [path.read_bytes() for path in sorted(MAIL.glob("*.eml"))]
DESK = DeskIdentity(("help@desk.example",), lambda _id: False, lambda _mail: "")
# Pieces that parsers fail on.
HOSTILE = [
    *(b"\x00", b"\r", b"\n", b"\r\n\r\n", b"\xff", b"\xed\xa0\x80", b"+2AA-", b"+AAA-"),
    *(
        b"=?",
        b"?=",
        b"=?utf-8?b?",
        b"=?koi8-r?q?",
        b"<",
        b">",
        b'"',
        b"(",
        b",",
        b";",
        b"\\",
        b"--",
    ),
    *(b"charset=utf-7\n", b"charset=utf-16\n", b"charset=iso-2022-kr\n", b"&#0;&#xd800;"),
    b"Content-Type: multipart/mixed; boundary=x\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Type: =?utf-8?q?",
    *(b"Content-Disposition: ", b"filename*=", b"filename*1=", b"''", b"%D0", b"====", b"AAAA "),
    *(b"From: ", b"From x\n", b"Date: ", b"name*0*=x;", b"Message-ID: <[x]@y>\n"),
]

structured = st.lists(st.sampled_from(HOSTILE) | st.binary(max_size=30), max_size=40).map(b"".join)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    mail = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(mail)))
        if draw(st.booleans()):
            mail[at:at] = draw(st.sampled_from(HOSTILE) | st.binary(min_size=1, max_size=8))
        else:
            del mail[at : at + draw(st.integers(1, 60))]
    return bytes(mail)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from strings(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from strings(getattr(value, field.name))


def assert_storable(value: object) -> None:
    for text in strings(value):
        assert "\x00" not in text
        text.encode("utf-8")


def assert_bounded(mail: ParsedEmail) -> None:
    assert len(mail.subject) <= SUBJECT_CHARACTERS
    assert "\n" not in mail.subject
    assert len(mail.sender.email) <= 254
    assert len(mail.message_id) <= headers.ID_CHARACTERS
    assert len(mail.references) <= headers.MAX_IDS
    assert len(mail.text) <= body.TEXT_CHARACTERS
    assert "\r" not in mail.text
    assert mail.sender.email == mail.sender.email.lower()


@given(raw=st.binary(max_size=600) | structured | mutated())
@settings(max_examples=600, deadline=None)
def test_parsing_and_classifying_never_raise(raw: bytes) -> None:
    mail, files = parse_with_files(raw)

    assert_bounded(mail)
    assert_storable(mail)
    assert_storable((classify(mail, DESK), find_bounce(mail), find_complaint(mail)))
    for file in files:
        assert_storable((file.name, file.type, file.content_id))
        b"".join(file.chunks())


@given(
    raw=structured | mutated(),
    before=st.sampled_from([b"", b"\n", b"\n \n\n", b"\t\n"]),
    line_end=st.sampled_from([b"\n", b"\r\n", b"\r\r\n"]),
)
@settings(max_examples=600, deadline=None)
def test_the_authors_fields_alone_are_those_of_the_whole_mail(
    raw: bytes, before: bytes, line_end: bytes
) -> None:
    raw = (before + raw).replace(b"\n", line_end)
    mail = parse(raw)

    header = parse_author_fields(raw)
    for name in AUTHOR_FIELDS:
        assert header.header(name) == mail.header(name)
    for name in ("sender", "reply_to", "original_senders", "cc"):
        assert getattr(header, name) == getattr(mail, name)


@given(raw=structured | mutated(), parts=st.integers(0, 3), depth=st.integers(0, 2))
@settings(max_examples=200, deadline=None)
def test_tight_limits_stop_without_an_exception(raw: bytes, parts: int, depth: int) -> None:
    limits = Limits(message_bytes=400, parts=parts, depth=depth)

    assert_storable(parse(raw, limits))


# Of these some make a field with one usual address, and some a list.
_WORDS = ["Anna", "Berg", " ", "\t", "ё", "'", '"', "(", ")", "<", ">", "[", ",", ";", ":", "\\"]
_WORDS += ["a.b+c@x.example", "<a@x.example>", "<-.@x..example>", "A@X", "=?utf-8?B?0JA=?=", "?="]


@given(value=st.lists(st.sampled_from(_WORDS), max_size=6).map("".join))
@example(value='"Berg, Anna (Kim)" <Anna@X.example>')
@example(value='"An\\na" <a@x.example>')
@example(value='"=?utf-8?Q?Anna" <a@x.example>')
@example(value=f"{'a' * 250}@x.example")
@settings(max_examples=1500, deadline=None)
def test_one_address_is_read_alone_as_in_a_list(value: str) -> None:
    assert addresses.parse(value) == addresses._parse_list(value)


text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80)


@given(subject=text, content=text, file=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_what_the_standard_library_writes_is_read_back(
    subject: str, content: str, file: bytes
) -> None:
    written = EmailMessage()
    written["From"] = "Anna <anna@client.example>"
    written["Subject"] = subject
    written.set_content(content)
    written.add_attachment(file, maintype="application", subtype="pdf", filename="акт.pdf")

    mail, files = parse_with_files(written.as_bytes())

    assert mail.subject == headers.to_single_line(subject, SUBJECT_CHARACTERS)
    assert mail.text.strip() == "\n".join(content.splitlines()).strip()
    assert [(f.name, b"".join(f.chunks())) for f in files] == [("акт.pdf", file)]


@given(data=st.binary(max_size=200), label=st.text(max_size=30))
@settings(max_examples=500, deadline=None)
def test_any_bytes_under_any_label_decode(data: bytes, label: str) -> None:
    assert_storable(charsets.decode(data, label))


def test_random_bytes_under_every_label_python_knows_decode() -> None:
    data = random.Random(5).randbytes(500)  # noqa: S311 - no secret

    for label in aliases:
        assert_storable(charsets.decode(data, label))
