"""Header fields in all their broken forms: charsets, encoded words, addresses, ids, dates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailing.parsing import addresses, charsets, headers
from mailing.parsing.addresses import Address
from mailing.parsing.message import parse

RUSSIAN = "Здравствуйте, не работает принтер на втором этаже."


@pytest.mark.parametrize("label", ["windows-1251", "cp-1251", "win-1251", "x-cp1251", '"CP1251"'])
def test_aliases_of_a_charset_are_known(label: str) -> None:
    assert charsets.decode(RUSSIAN.encode("cp1251"), label) == RUSSIAN


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("koi8-r", RUSSIAN),
        ("koi8-u", "Доброго дня! Не працює інтернет у офісі"),
        ("iso-8859-1", "Ça ne marche pas, déjà essayé"),
        ("iso-8859-2", "Zażółć gęślą jaźń"),
        ("iso-8859-15", "Preis: 5 €"),
        ("gb18030", "您好，打印机坏了"),
        ("shift_jis", "プリンターが動きません"),
        ("iso-2022-jp", "プリンターが動きません"),
        ("euc-kr", "프린터가 작동하지 않습니다"),
        ("utf-7", "Привет"),
        ("utf-16", "Привет"),
        ("windows-1255", "שלום"),
    ],
)
def test_labelled_charsets_are_decoded(charset: str, text: str) -> None:
    raw = b"From: a@b.example\nContent-Type: text/plain; charset=%s\n\n" % charset.encode()

    assert charsets.decode(text.encode(charset), charset) == text
    if charset != "utf-16":
        assert parse(raw + text.encode(charset)).text == text


@pytest.mark.parametrize(
    "label", ["", "us-ascii", "utf-8", "iso-8859-1", "unknown-8bit", "x-user-defined"]
)
@pytest.mark.parametrize("real", ["utf-8", "cp1251", "koi8-r", "iso-8859-5", "cp866"])
def test_a_wrong_or_missing_label_does_not_cost_russian_text(label: str, real: str) -> None:
    assert charsets.decode(RUSSIAN.encode(real), label) == RUSSIAN


@pytest.mark.parametrize(
    ("label", "real"), [("windows-1251", "koi8-r"), ("koi8-r", "cp1251"), ("gb2312", "utf-8")]
)
def test_a_charset_taken_for_its_neighbour_is_noticed(label: str, real: str) -> None:
    assert charsets.decode(RUSSIAN.encode(real), label) == RUSSIAN


def test_labels_of_supersets_are_read_as_the_superset() -> None:
    assert charsets.decode("镕".encode("gb18030"), "gb2312") == "镕"
    assert charsets.decode("“q” €".encode("cp1252"), "iso-8859-1") == "“q” €"
    assert charsets.decode("똠".encode("cp949"), "ks_c_5601-1987") == "똠"


@pytest.mark.parametrize(
    "label", ["base64", "idna", "punycode", "unicode_escape", "rot13", "undefined", "mbcs", "\x00"]
)
def test_codecs_that_are_no_charsets_are_not_used(label: str) -> None:
    assert charsets.find_codec(label) == ""
    assert charsets.decode(b"plain \\u0041", label) == "plain \\u0041"


@pytest.mark.parametrize("data", [b"a\x00b", "a\x00b".encode("utf-7"), b"a\xed\xa0\x80b", b"+2AA-"])
def test_no_nul_and_no_lone_surrogate_comes_through(data: bytes) -> None:
    for label in ("", "utf-8", "utf-7", "utf-16", "latin-1"):
        text = charsets.decode(data, label)
        assert "\x00" not in text
        text.encode("utf-8")


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
        ("=?utf-8?X?no?=", "=?utf-8?X?no?="),
        ("=?", "=?"),
        ("=?iso-2022-jp?B?GyRCJVclaiVzJT8hPBsoQg==?=", "プリンター"),
        ("=?unheard-of?Q?=D0=9F?=", "П"),
    ],
)
def test_encoded_words_are_decoded_even_when_broken(value: str, expected: str) -> None:
    assert headers.decode_words(value) == expected


def test_a_subject_is_one_line_without_control_characters() -> None:
    raw = "Subject: =?utf-8?Q?a=0D=0ABcc:_x=00=07?=\n\tb\n c\u202e\nFrom: a@b.example\n\nx".encode()

    assert parse(raw).subject == "a Bcc: x b c"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Anna <Anna@C.example>", [("anna@c.example", "Anna")]),
        ("anna@c.example (Anna P.)", [("anna@c.example", "Anna P.")]),
        ('"Petrova, Anna" <a@c.example>, b@c.example',
         [("a@c.example", "Petrova, Anna"), ("b@c.example", "")]),
        ('"boss@bank.example" <thief@evil.example>', [("thief@evil.example", "boss@bank.example")]),
        ("boss@bank.example <thief@evil.example>", [("thief@evil.example", "boss@bank.example")]),
        ("Team: a@c.example, B <b@c.example>;", [("a@c.example", ""), ("b@c.example", "B")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?B?0JDQvdC90LA=?= <a@c.example>", [("a@c.example", "Анна")]),
        ("=?utf-8?Q?=D0=90, B?= <a@c.example>", [("a@c.example", "А, B")]),
        ("=?utf-8?Q?Anna_=3Ca=40c=2Eexample=3E?=", [("a@c.example", "Anna")]),
        ("<@relay.example:a@c.example>", [("a@c.example", "")]),
        ("anna @ c.example", [("anna@c.example", "")]),
        ("почта@пример.рф", [("почта@пример.рф", "")]),
        ("a@xn--e1afmkfd.xn--p1ai", [("a@xn--e1afmkfd.xn--p1ai", "")]),
        ("Anna a@c.example", [("a@c.example", "")]),
        ("<a@c.example", [("a@c.example", "")]),
        ("a@[192.0.2.1]", [("a@[192.0.2.1]", "")]),
        ("MAILER-DAEMON", []),
        ("a@b@c.example", []),
        ("a@", []),
        ("", []),
        ("<>", []),
    ],
)  # fmt: skip
def test_addresses_are_read_as_they_are_meant(value: str, expected: list[tuple[str, str]]) -> None:
    expected_addresses = [Address(email, name) for email, name in expected]
    assert list(addresses.parse(value)) == expected_addresses


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
def test_message_ids_have_one_form(value: str, expected: tuple[str, ...]) -> None:
    assert headers.identifiers(value) == expected


def test_endless_references_keep_the_root_and_the_last() -> None:
    value = " ".join(f"<{n}@x>" for n in range(5000))

    found = headers.identifiers(value)

    assert (len(found), found[0], found[-1]) == (100, "<0@x>", "<4999@x>")


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
def test_dates_are_utc_and_absurd_ones_none(value: str, expected: datetime | None) -> None:
    assert headers.date(value) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="a b.txt"', "a b.txt"),
        ("attachment; filename=a.txt; size=3", "a.txt"),
        ("attachment; filename*=utf-8''%D0%B0.txt", "а.txt"),
        ("attachment; filename*0=long; filename*1=name.txt", "longname.txt"),
        ("attachment; filename*0*=koi8-r''%C1; filename*1=b.txt", "аb.txt"),
        ('attachment; filename="=?utf-8?B?0LAudHh0?="', "а.txt"),
        ('attachment; filename="semi;colon.txt"', "semi;colon.txt"),
        ('attachment; filename="quo\\"te.txt"', 'quo"te.txt'),
        ("attachment; filename*1=second.txt", ""),
        ("attachment", ""),
    ],
)
def test_file_names_are_read_in_every_form(value: str, name: str) -> None:
    assert headers.parameters(value)[1].get("filename", "") == name


@pytest.mark.parametrize(
    ("field", "email"),
    [
        ('"a b"@c.example', '"a b"@c.example'),
        ('<"a b"@c.example>', '"a b"@c.example'),
        ('"a@d.example b"@c.example', '"a@d.example b"@c.example'),
        ("<<a@c.example>>", "a@c.example"),
        ("Anna <Sales <a@c.example>>", "a@c.example"),
        ("<a @ c . example>", "a@c.example"),
    ],
)
def test_no_piece_of_an_address_becomes_another_one(field: str, email: str) -> None:
    assert parse(f"From: {field}\n\nx".encode()).sender.email == email


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "utf-32", "utf-7", "hz-gb-2312"])
def test_the_bodys_charset_does_not_garble_an_ascii_header(charset: str) -> None:
    fields = f"Subject: 1+1 ~{{x\nContent-Type: text/plain; charset={charset}"
    raw = f"From: a+b8-x@c.example\n{fields}\n\n"

    mail = parse(raw.encode() + "Привет".encode(charset))

    assert (mail.sender.email, mail.subject) == ("a+b8-x@c.example", "1+1 ~{x")
