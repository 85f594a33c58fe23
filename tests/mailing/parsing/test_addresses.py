"""Address lists, tidy, sloppy and hostile."""

from __future__ import annotations

import time

import pytest

from mailing.parsing import addresses
from mailing.parsing.addresses import Address
from mailing.parsing.message import parse


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
def test_addresses_are_read_in_every_form(value: str, expected: list[tuple[str, str]]) -> None:
    expected_addresses = [Address(email, name) for email, name in expected]
    assert list(addresses.parse(value)) == expected_addresses


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
def test_no_piece_of_an_address_is_read_as_an_address(field: str, email: str) -> None:
    assert parse(f"From: {field}\n\nx".encode()).sender.email == email


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("111(ＡＡ） <anna@c.example>", "111(ＡＡ）"),
        ("（Anna <anna@c.example>", "（Anna"),
        ("Smile :( <anna@c.example>", "Smile :("),
        ("Anna (Berg, GmbH <anna@c.example>, b@c.example", "Anna (Berg, GmbH"),
        ("Anna (Berg <anna@c.example>, Bob (office) <b@c.example>", "Anna (Berg"),
        (":( <anna@c.example> :)", ":( :)"),
        ('"Berg, Anna <anna@c.example>', "Berg, Anna"),
        ('Anna" <anna@c.example>', "Anna"),
        ('"Anna <anna@c.example>"', "Anna"),
        ('"Anna <anna@c.example>, "Bob" <b@c.example>', "Anna"),
        ("Anna <anna@c.example, Bob <b@c.example>", "Anna"),
        ("(anna@c.example)", ""),
        ("Anna (anna@c.example)", "Anna"),
    ],
)
def test_what_is_never_closed_swallows_no_address(value: str, name: str) -> None:
    assert addresses.parse(value)[0] == Address("anna@c.example", name)


def test_a_quoted_name_stays_a_name_beside_one_that_is_never_closed() -> None:
    value = '5" "boss <boss@bank.example>" <thief@evil.example>'
    assert addresses.parse(value)[0].email == "thief@evil.example"


@pytest.mark.parametrize(
    "value",
    [
        *("Anna ‹anna@c.example›", "Anna «anna@c.example», b@c.example", "Anna 〈anna@c.example〉"),
        *("Anna ＜anna@c.example＞", "Anna [anna@c.example]", "Anna {anna@c.example}"),
        *("Anna <anna@c.example›", "Anna &lt;anna@c.example&gt;", "Anna （anna@c.example）"),
    ],
)
def test_other_brackets_hold_an_address_too(value: str) -> None:
    assert addresses.parse(value)[0] == Address("anna@c.example", "Anna")


@pytest.mark.parametrize(
    "value",
    [
        *("\u202aanna@c.example\u202c", "<anna\u200b@c.example>", "\ufeffanna@c.example\u2060"),
        *("anna@c.exam\u00adple", "<\u200fanna@c.example\u200e>", "anna@c.example\ufe0f"),
        *(
            "ａｎｎａ＠ｃ．ｅｘａｍｐｌｅ",
            "<anna@c。example>",
            "anna﹫c｡example",
            "“anna@c.example”",
        ),
    ],
)
def test_characters_that_nobody_sees_or_types_alike_do_not_hide_an_address(value: str) -> None:
    assert [address.email for address in addresses.parse(value)] == ["anna@c.example"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Berg, Anna <a@c.example>", "Berg, Anna"),
        ("Berg, Anna, Dr. <a@c.example>", "Berg, Anna, Dr."),
        ("Berg; Anna <a@c.example>", "Berg; Anna"),
        ("Sales: Anna <a@c.example>", "Sales: Anna"),
        ("=?utf-8?Q?Berg?=, =?utf-8?Q?Anna?= <a@c.example>", "Berg, Anna"),
    ],
)
def test_a_name_with_a_separator_is_not_cut(value: str, name: str) -> None:
    assert addresses.parse(value) == (Address("a@c.example", name),)


def test_a_name_with_a_separator_takes_nothing_from_its_neighbours() -> None:
    read = addresses.parse("a@c.example, Berg, Anna <b@c.example>, Bob <d@c.example>")
    assert [address.name for address in read] == ["", "Berg, Anna", "Bob"]


@pytest.mark.parametrize(
    "piece", ["(", '"', '"<', "(<", "<@", "[a@", "a,", "a@b ", "<a@b", ":;", "=?a?q?", "{", "<a@,"]
)
def test_a_hostile_list_takes_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        started = time.process_time()
        addresses.parse(piece * (size // len(piece)))
        return time.process_time() - started

    # The quickest of three: the garbage collector may go through a whole test run's memory.
    assert min(seconds(64_000) for _ in range(3)) < 20 * max(seconds(16_000), 0.02)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("\"'Anna Berg' via Support\" <a@b.example>", "'Anna Berg' via Support"),
        ("'Anna Berg' <a@b.example>", "Anna Berg"),
        ("Anna the bosses' secretary <a@b.example>", "Anna the bosses' secretary"),
        ("Anna <<a@b.example>>", "Anna"),
        ("Anna <smtp:a@b.example>", "Anna"),
        ("Anna <URL:mailto:a@b.example>", "Anna"),
        ("Anna [SMTP:a@b.example]", "Anna"),
    ],
)
def test_marks_that_programs_add_are_no_part_of_name_and_address(value: str, name: str) -> None:
    assert addresses.parse(value) == (Address("a@b.example", name),)
