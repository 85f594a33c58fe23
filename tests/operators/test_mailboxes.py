"""Whether two addresses lead to one mailbox."""

from __future__ import annotations

import pytest

from operators.mailboxes import canonical_address, readable_address, same_mailbox


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("a.b+c@gmail.com", "AB@googlemail.com", True),
        ("a.b@client.example", "ab@client.example", False),
        ("a+x@client.example", "a@client.example", True),
        ("a@пример.рф", "a@xn--e1afmkfd.xn--p1ai", True),
        ("ａ@client。example", "A@client.example", True),
        ("", "", False),
        ("nobody", "nobody", False),
    ],
)
def test_addresses_of_one_mailbox_are_the_same(address: str, other: str, same: bool) -> None:
    assert same_mailbox(address, other) is same


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("Anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@bu\u0308cher.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--BCHER-kva.example.", "anna@xn--bcher-kva.example"),
        ("jose\u0301@client.example", "jos\u00e9@client.example"),
        ("ａｎｎａ@ｃｌｉｅｎｔ。example", "anna@client.example"),
        ("an\u200bna@cli\u00adent.example", "anna@client.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ('"anna"@client.example', "anna@client.example"),
        ("a.b+c@gmail.com", "a.b+c@gmail.com"),
        ("nobody", "nobody"),
        ("", ""),
    ],
)
def test_an_address_has_one_spelling_for_matching(address: str, canonical: str) -> None:
    assert canonical_address(address) == canonical


def test_punycode_of_full_width_letters_is_not_read_as_the_letters() -> None:
    label = "xn--" + "ｂａｎｋ".encode("punycode").decode()
    assert canonical_address(f"a@{label}.example") != canonical_address("a@bank.example")


@pytest.mark.parametrize("address", ["\ufdfa" * 250 + "@c.example", "a@" + "ü" * 63 + ".example"])
def test_no_spelling_is_longer_than_its_column(address: str) -> None:
    assert 0 < len(canonical_address(address)) <= 320


@pytest.mark.parametrize(
    ("address", "readable"),
    [
        ("anna@xn--bcher-kva.example", "anna@bücher.example"),
        ("a@xn--e1afmkfd.xn--p1ai", "a@пример.рф"),
        ("anna@client.example", "anna@client.example"),
        ("anna@xn--client-.example", "anna@xn--client-.example"),
        ("anna@xn--\u00fc.example", "anna@xn--\u00fc.example"),
        ("", ""),
    ],
)
def test_punycode_is_shown_as_people_write_it(address: str, readable: str) -> None:
    assert readable_address(address) == readable
