"""New text, quotes and signatures in the messages API."""

import pytest
from rest_framework.test import APIClient

from operators.models import Operator
from tests.inbox import receive
from tests.mail import build_mail
from tickets import services
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db

TEXT = """Спасибо, помогло!

--\x20
Иван Петров

пн, 23 нояб. 2026 г. в 12:00, Служба поддержки <desk@servicedesk.example>:

> Проверьте, пожалуйста, бумагу.
"""


def test_a_mails_text_is_told_apart_and_nothing_is_lost(api: APIClient) -> None:
    receive(build_mail(text=TEXT, content_type="text/plain; charset=utf-8"))

    message = api.get(f"/mgs/requests/{Ticket.objects.get().pk}/mgs/").json()["results"][0]

    text, segments = message["text"], message["segments"]
    assert [one["kind"] for one in segments] == ["reply", "signature", "quoted"]
    assert segments[0]["start"] == 0
    assert [one["start"] for one in segments[1:]] == [one["end"] for one in segments[:-1]]
    assert segments[-1]["end"] == len(text)
    parts = {one["kind"]: text[one["start"] : one["end"]].strip() for one in segments}
    assert parts["reply"] == "Спасибо, помогло!"
    assert parts["signature"] == "-- \nИван Петров"
    assert parts["quoted"].endswith("> Проверьте, пожалуйста, бумагу.")


def test_a_quoting_answer_has_its_quote_told_apart(operator: Operator) -> None:
    receive(build_mail(text="It does not print."))

    message = services.reply(
        ticket_id=Ticket.objects.get().pk, by=operator, title="Re", text="Paper?", quote=True
    )

    kinds = [one["kind"] for one in message.segments]
    assert kinds == ["reply", "quoted"]
    assert message.text[: message.segments[0]["end"]].strip() == "Paper?"


def test_an_empty_text_has_no_segments() -> None:
    receive(build_mail(text=""))

    assert Message.objects.get().segments == []
