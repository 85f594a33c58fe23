"""Authentication-Results of the receiving server, and of senders who imitate them."""

from __future__ import annotations

import pytest

from mailing.classification.authentication_results import (
    Authentication,
    read_authentication_results,
)
from mailing.parsing.message import parse


def test_only_the_topmost_results_of_the_receiving_server_count() -> None:
    raw = (
        "Authentication-Results: other.example; dmarc=fail\n"
        "Authentication-Results: mx.google.com 1; dkim=fail header.i=@x;\n"
        " dkim=pass (a (nested; dmarc=fail) one) header.i=@y; spf=softfail; dmarc=pass (p=NONE)\n"
        "Authentication-Results: mx.google.com; spf=pass; dmarc=fail\nFrom: a@b.example\n\nx"
    )

    results = read_authentication_results(parse(raw.encode()), "MX.google.com")

    assert results == Authentication(spf="softfail", dkim="pass", dmarc="pass")
    assert (
        read_authentication_results(parse(b"From: a@b.example\n\nx"), "mx.google.com")
        == Authentication()
    )


@pytest.mark.parametrize(
    "result",
    [
        'spf=pass smtp.mailfrom="a; dmarc=pass"@evil.example',
        'spf=pass (domain of "a) ; dmarc=pass ("@evil.example designates it)',
        "spf=pass smtp.mailfrom==?utf-8?q?=3B_dmarc=3Dpass?=@evil.example",
        "spf=pass smtp.mailfrom=a;dmarc=pass@evil.example",
        'spf=pass smtp.mailfrom="a@evil.example',
        ";".join([f" dkim=pass header.i=@{number}.evil.example" for number in range(500)]),
    ],
    ids=["quoted", "comment", "encoded word", "bare", "open quote", "many signatures"],
)
def test_a_sender_cannot_add_a_result_to_the_receiving_servers(result: str) -> None:
    raw = (
        f"Authentication-Results: mx.google.com; {result};\n dmarc=fail (p=NONE)\n"
        "From: a@b.example\n\nx"
    )

    assert read_authentication_results(parse(raw.encode()), "mx.google.com").dmarc == "fail"


def test_one_passing_signature_is_enough_and_one_failing_spf_or_dmarc_too() -> None:
    values = "dkim=fail; dkim=pass; dkim=fail; spf=pass; spf=softfail; spf=pass; dmarc=pass"
    raw = f"Authentication-Results: mx.google.com; {values}\nFrom: a@b.example\n\nx"

    results = read_authentication_results(parse(raw.encode()), "mx.google.com")

    assert results == Authentication(spf="softfail", dkim="pass", dmarc="pass")
