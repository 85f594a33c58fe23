"""Segments of a message in the API: new text, quotation and signature."""

import pytest
from rest_framework.test import APIClient

from operators.models import Operator
from tests.inbox import process_inbox
from tests.mail import build_mail
from tests.webhook import post_mails
from tickets import services
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db

TEXT = """Спасибо, помогло!

--\x20
Иван Петров

пн, 23 нояб. 2026 г. в 12:00, Служба поддержки <desk@servicedesk.example>:

> Проверьте, пожалуйста, бумагу.
"""


def test_the_segments_of_a_mail_cover_its_text(api: APIClient) -> None:
    post_mails(build_mail(text=TEXT, content_type="text/plain; charset=utf-8"))
    process_inbox()

    message = api.get(f"/mgs/requests/{Ticket.objects.get().pk}/mgs/").json()["results"][0]

    text, segments = message["text"], message["segments"]
    assert [segment["kind"] for segment in segments] == ["reply", "signature", "quoted"]
    assert segments[0]["start"] == 0
    assert [below["start"] for below in segments[1:]] == [above["end"] for above in segments[:-1]]
    assert segments[-1]["end"] == len(text)
    parts = {
        segment["kind"]: text[segment["start"] : segment["end"]].strip() for segment in segments
    }
    assert parts["reply"] == "Спасибо, помогло!"
    assert parts["signature"] == "-- \nИван Петров"
    assert parts["quoted"].endswith("> Проверьте, пожалуйста, бумагу.")


def test_the_quote_in_a_reply_is_a_segment_of_its_own(operator: Operator) -> None:
    post_mails(build_mail(text="It does not print."))
    process_inbox()

    message = services.reply(
        ticket_id=Ticket.objects.get().pk, by=operator, title="Re", text="Paper?", quote=True
    )

    kinds = [segment["kind"] for segment in message.segments]
    assert kinds == ["reply", "quoted"]
    assert message.text[: message.segments[0]["end"]].strip() == "Paper?"


def test_an_empty_text_has_no_segments() -> None:
    post_mails(build_mail(text=""))
    process_inbox()

    assert Message.objects.get().segments == []
