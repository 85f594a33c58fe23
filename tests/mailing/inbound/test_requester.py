"""Whose ticket a mail goes to: webhook and worker must agree, or mail is processed out of order."""

import pytest
from pytest_django.fixtures import Settings

from mailing.inbound.requester import desk_identity, find_requester, read_requester_addresses
from mailing.models import InboundEmail, OutboundEmail
from mailing.own_mail import SentMails
from mailing.parsing.limits import HEADER_BYTES
from mailing.parsing.message import parse
from tests.inbox import process_inbox
from tests.mail import build_mail
from tests.webhook import post_mails
from tickets.models import Requester, Ticket


def _find_in_parsed_mail(raw: bytes) -> str:
    return find_requester(parse(raw), desk_identity(SentMails(()))).email


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("From: A@B.example", "a@b.example"),
        ("From: Form <FORM@site.example>\nReply-To: Anna <anna@c.example>, b@c.example",
         "anna@c.example"),
        ("From: form@site.example", ""),
        ("From: person@site.example\nReply-To: other@site.example", "person@site.example"),
        ("From: noreply@site.example\nReply-To: other@site.example", "other@site.example"),
        ("From: A via G <g@l.example>\nList-Id: <g.l.example>\nX-Original-From: a@b.example",
         "a@b.example"),
        ("Subject: nobody", ""),
    ],
    ids=[
        *("plain", "form", "form without reply-to", "no form", "unlisted form", "group", "nobody")
    ],
)  # fmt: skip
def test_the_requester_of_bytes_and_of_the_parsed_mail_agree(
    settings: Settings, fields: str, expected: str
) -> None:
    settings.FORM_SENDERS = ["Form@Site.example"]
    raw = f"{fields}\n\nx".encode()

    assert read_requester_addresses([raw]) == [expected]
    assert _find_in_parsed_mail(raw) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spellings",
    [
        ["anna@bücher.example", "anna@xn--bcher-kva.example", "anna@bu\u0308cher.example"],
        ["anna@xn--bcher-kva.example", "anna@BÜCHER.example"],
        ["josé@example.org", "jose\u0301@example.org"],
        [
            "anna@example.org",
            "ａｎｎａ@example。org",
            '"anna"@example.org',
            "an\u00adna@example.org",
        ],
    ],
)
def test_all_spellings_of_an_address_are_one_requester_who_is_sent_mail_as_they_wrote_first(
    spellings: list[str],
) -> None:
    post_mails(*(build_mail(spelling) for spelling in spellings))

    process_inbox()

    ticket = Ticket.objects.get()
    assert ticket.message_count == len(spellings)
    assert OutboundEmail.objects.get().recipient == ticket.requester.email == spellings[0]
    assert InboundEmail.objects.values("requester_address").distinct().count() == 1


@pytest.mark.django_db
def test_tags_and_dots_make_two_requesters() -> None:
    post_mails(
        build_mail("a.b@gmail.com"), build_mail("ab@gmail.com"), build_mail("ab+x@gmail.com")
    )

    process_inbox()

    assert Requester.objects.count() == 3


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r\r\n", b"\r"])
@pytest.mark.parametrize("beyond", [-100, -20, -1, 0, 1, 20, 1000])
def test_the_header_limit_cuts_the_header_at_the_same_byte_for_both(
    line_end: bytes, beyond: int
) -> None:
    start = b"Sender: first@example.com\n"
    padding = b"X-Padding: " + b"x" * (HEADER_BYTES + beyond - len(start) - 12) + b"\n"
    raw = start + padding + b"From: late@example.com\n\ntext\n"
    raw = raw.replace(b"\n", line_end)

    mail = parse(raw)

    assert read_requester_addresses([raw]) == [_find_in_parsed_mail(raw)]
    if abs(beyond) >= 100:  # the limit does not cut through the From
        assert mail.sender.email == ("late" if beyond < 0 else "first") + "@example.com"


@pytest.mark.django_db
def test_a_mail_with_a_header_beyond_the_limit_is_booked_to_whom_the_webhook_stored() -> None:
    # With MAIL_MAX_HEADER_BYTES raised, the worker read the whole header of this mail and the
    # webhook the first 262,144 bytes: the mails of late@example.com were processed out of order.
    padding = b"X-Padding: " + b"x" * HEADER_BYTES + b"\r\n"
    raw = b"Sender: first@example.com\r\n" + padding + build_mail("late@example.com")

    post_mails(raw)

    stored = InboundEmail.objects.get()
    assert stored.requester_address == _find_in_parsed_mail(raw) == "first@example.com"
    assert parse(raw).problem == "header larger than 262144 bytes"
