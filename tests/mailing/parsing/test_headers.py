"""Header fields in all their broken forms: encoded words, message ids, dates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailing.parsing import headers
from mailing.parsing.message import parse


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?utf-8?B?0J/RgNC40LLQtdGC?=", "Привет"),
        ("=?utf-8?b?0J/RgNC40LLQtdGC?=", "Привет"),
        ("=?UTF-8?Q?a=5Fb_c?=", "a_b c"),
        ("=?utf-8?q?unencoded blanks here?=", "unencoded blanks here"),
        ("=?utf-8?B?0J/RgNC40LI?= =?utf-8?B?0LXRgg?=", "Привет"),
        ("=?utf-8?B?0J/RgNC40LLQ?= =?utf-8?B?tdGC?=", "Привет"),
        ("=?koi8-r?B?8NLJ18XU?= =?utf-8?Q?_=D0=B8?= ok", "Привет и ok"),
        ('"=?utf-8?Q?in_quotes?="', '"in quotes"'),
        ("Re:=?utf-8?Q?_glued?=to text", "Re: gluedto text"),
        ("=?utf-8*ru?Q?language?=", "language"),
        ("=?utf-8?Q?What?=20now?=", "What? now"),
        ("=?utf-8?B?0J/RgNC40LLQtdGC", "Привет"),
        ("=?utf-8?B?0J/RgNC4=?utf-8?B?0LLQtdGC?=", "Привет"),
        ("=?utf-8?Q?a_?=?utf-8?Q?b?=", "a b"),
        ("=?utf-8?X?no?=", "=?utf-8?X?no?="),
        ("=?", "=?"),
        ("=?iso-2022-jp?B?GyRCJVclaiVzJT8hPBsoQg==?=", "プリンター"),
        ("=?unheard-of?Q?=D0=9F?=", "П"),
    ],
)
def test_encoded_words_are_decoded_even_when_broken(value: str, expected: str) -> None:
    assert headers.decode_encoded_words(value) == expected


def test_a_subject_is_one_line_without_control_characters() -> None:
    raw = "Subject: =?utf-8?Q?a=0D=0ABcc:_x=00=07?=\n\tb\n c\u202e\nFrom: a@b.example\n\nx".encode()

    assert parse(raw).subject == "a Bcc: x b c"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a@b>", ("<a@b>",)),
        (" <a@b>\t<c@d> <a@b>", ("<a@b>", "<c@d>")),
        ("<[x]@y>", ("<[x]@y>",)),
        ("a@b.example", ("<a@b.example>",)),
        ("Your mail of Monday <a@b>", ("<a@b>",)),
        ("", ()),
        ("<>", ()),
        ("<" + "x" * 600 + "@y>", ()),
    ],
)
def test_message_ids_are_read_in_angle_brackets(value: str, expected: tuple[str, ...]) -> None:
    assert headers.parse_message_ids(value) == expected


def test_of_many_references_the_first_and_the_last_are_kept() -> None:
    value = " ".join(f"<{n}@x>" for n in range(5000))

    ids = headers.parse_message_ids(value)

    assert (len(ids), ids[0], ids[-1]) == (100, "<0@x>", "<4999@x>")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mon, 2 Nov 2026 10:00:00 +0300", datetime(2026, 11, 2, 7, 0, tzinfo=UTC)),
        ("2 Nov 2026 10:00 GMT", datetime(2026, 11, 2, 10, 0, tzinfo=UTC)),
        ("Mon, 2 Nov 2026 10:00:00", datetime(2026, 11, 2, 10, 0, tzinfo=UTC)),
        ("Thu, 1 Jan 1970 00:00:00 +0000", None),
        ("Mon, 2 Nov 9999 10:00:00 -2359", None),
        ("Mon, 32 Nov 2026 10:00:00 +0000", None),
        ("Mon, 2 Nov 2026 10:00:00 +99999999", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_read_as_utc_and_impossible_ones_as_none(
    value: str, expected: datetime | None
) -> None:
    assert headers.parse_date(value) == expected


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "utf-32", "utf-7", "hz-gb-2312"])
def test_the_bodys_charset_does_not_garble_an_ascii_header(charset: str) -> None:
    fields = f"Subject: 1+1 ~{{x\nContent-Type: text/plain; charset={charset}"
    raw = f"From: a+b8-x@c.example\n{fields}\n\n"

    mail = parse(raw.encode() + "Привет".encode(charset))

    assert (mail.sender.email, mail.subject) == ("a+b8-x@c.example", "1+1 ~{x")
