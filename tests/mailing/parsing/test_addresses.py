"""Address lists, tidy, sloppy and hostile."""

from __future__ import annotations

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
