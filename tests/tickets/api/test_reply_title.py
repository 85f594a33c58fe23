"""The title of an answer: as long as a mail's subject may be, and shortened in the mail."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.inbox import process_inbox
from tests.responses import error_of
from tests.webhook import post_mails
from tickets.models import Message, Ticket


def receive(subject: str) -> Ticket:
    """Return the ticket of a mail with the subject."""
    mail = EmailMessage()
    mail["From"] = "ivan@example.com"
    mail["Message-ID"] = "<1@example.com>"
    mail["Subject"] = subject
    mail.set_content("It is broken.")
    post_mails(mail.as_bytes())
    process_inbox()
    return Ticket.objects.get()


def answer(api: APIClient, operator: Operator, ticket: Ticket, title: str) -> Any:
    body = {
        "title": title,
        "description": "See the manual.",
        "recipient_mail": ticket.requester.email,
        "operator_id": operator.pk,
    }
    return api.post(f"/mgs/requests/{ticket.pk}/mgs/create", body, format="json")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("title", "stored", "subject"),
    [
        ("Re: a\r\nBcc: b@example.com", "Re: a\r\nBcc: b@example.com", "Re: a Bcc: b@example.com"),
        ("Re: a\tb\x07\x1b[31mc\x7f", "Re: a\tb\x07\x1b[31mc\x7f", "Re: a b [31mc"),
        (
            "Re: \u202bשלום\u202c \u200fעולם",
            "Re: \u202bשלום\u202c \u200fעולם",
            "Re: שלום \u200fעולם",
        ),
        (
            "Re: 👩\u200d👩\u200d👧 \ufe0f❤",
            "Re: 👩\u200d👩\u200d👧 \ufe0f❤",
            "Re: 👩\u200d👩\u200d👧 \ufe0f❤",
        ),
        ("Re: =?utf-8?Q?x?= 100 %", "Re: =?utf-8?Q?x?= 100 %", "Re: =?utf-8?Q?x?= 100 %"),
        ("Re: \u2028\u0085", "Re:", "Re:"),
        ("Re: ", "Re:", "Re:"),
    ],
)
def test_an_answers_title_may_have_any_characters(
    api: APIClient, operator: Operator, title: str, stored: str, subject: str
) -> None:
    ticket = receive("Printer")

    response = answer(api, operator, ticket, title)

    assert response.status_code == 201
    assert Message.objects.get(number=2).title == stored
    content = bytes(OutboundEmail.objects.get(kind="reply").content)
    header = content.partition(b"\r\n\r\n")[0]
    # RFC 2047, 2: a line with an encoded word has 76 characters at most.
    assert max(map(len, re.findall(rb"^.*=\?.*$", header, re.M)), default=0) <= 77
    assert str(message_from_bytes(content, policy=SMTP)["Subject"]) == subject


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["Re: ", "Re: Fwd: Re[2]: ", "Re: " * 50])
@pytest.mark.parametrize(
    "subject",
    ["x" * 500, "word " * 300, "принтер " * 200, "😁" * 998, "プリンター" * 300],
    ids=["ascii", "words", "Cyrillic", "astral", "Japanese"],
)
def test_an_answer_may_repeat_any_tickets_title(
    api: APIClient, operator: Operator, subject: str, prefix: str
) -> None:
    ticket = receive(subject)
    assert len(ticket.title) >= 500

    response = answer(api, operator, ticket, prefix + ticket.title)

    assert response.status_code == 201
    assert Message.objects.get(number=2).title == prefix + ticket.title
    content = bytes(OutboundEmail.objects.get(kind="reply").content)
    # RFC 5322, 2.1.1: a line has 998 characters at most.
    assert max(map(len, content.split(b"\r\n"))) <= 998
    mail_subject = str(message_from_bytes(content, policy=SMTP)["Subject"])
    assert (prefix + ticket.title).startswith(mail_subject)
    assert 150 < len(mail_subject) <= 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("subject", "title"),
    [
        (b"a\0b\x07c", "ab c"),
        (b"=?utf-8?Q?a=0D=0ABcc:_b@example.com?=", "a Bcc: b@example.com"),
        ("\u202b\u200fשלום\u202c 👩\u200d👧".encode(), "\u200fשלום 👩\u200d👧"),
    ],
    ids=["NUL", "line end", "marks"],
)
def test_an_answer_may_repeat_the_title_of_a_ticket_with_an_odd_subject(
    api: APIClient, operator: Operator, subject: bytes, title: str
) -> None:
    post_mails(b"From: ivan@example.com\nSubject: " + subject + b"\n\nIt is broken.")
    process_inbox()
    ticket = Ticket.objects.get()
    assert ticket.title == title

    response = answer(api, operator, ticket, f"Re: {ticket.title}")

    assert response.status_code == 201
    content = bytes(OutboundEmail.objects.get(kind="reply").content)
    assert str(message_from_bytes(content, policy=SMTP)["Subject"]) == f"Re: {title}"


@pytest.mark.django_db
def test_a_title_longer_than_any_subject_is_400(api: APIClient, operator: Operator) -> None:
    response = answer(api, operator, receive("printer"), "x" * 2_001)

    assert list(error_of(response, 400, "invalid")["fields"]) == ["title"]
