"""Whether two addresses lead to one mailbox."""

from __future__ import annotations

import pytest

from mailing.mailboxes import same_mailbox


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("a.b+c@gmail.com", "AB@googlemail.com", True),
        ("a.b@client.example", "ab@client.example", False),
        ("a+x@client.example", "a@client.example", True),
        ("a@пример.рф", "a@xn--e1afmkfd.xn--p1ai", True),
        ("", "", False),
        ("nobody", "nobody", False),
    ],
)
def test_addresses_of_one_mailbox_are_the_same(address: str, other: str, same: bool) -> None:
    assert same_mailbox(address, other) is same
