"""Replies that quote the requester's last message."""

from datetime import UTC, datetime

from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import MessageFactory
from tests.tickets.requests import post_reply
from tickets.quotes.quoting import append_quote

WRITTEN_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_reply_quotes_the_requesters_last_message(api: APIClient, operator: Operator) -> None:
    first = MessageFactory.create(text="Старое")
    ticket = first.ticket
    MessageFactory.create(
        ticket=ticket,
        number=2,
        text="Не печатает.\n\n> старая цитата\n",
        sender_name="Иван\nПетров",
        written_at=WRITTEN_AT,
    )

    answer = post_reply(api, operator, ticket, quote=True)

    assert answer.json()["text"] == (
        "Here you are\n\n"
        f"23 ноября 2026, 09:00 UTC, Иван Петров <{ticket.requester.email}> пишет:\n"
        "> Не печатает.\n>\n>> старая цитата"
    )


def test_a_participant_is_quoted_by_their_own_address(api: APIClient, operator: Operator) -> None:
    message = MessageFactory.create(
        sender_name="Пётр", sender_email="petr@example.com", text="И у меня.", written_at=WRITTEN_AT
    )

    answer = post_reply(api, operator, message.ticket, quote=True)

    assert answer.json()["text"].endswith(
        "\n\n23 ноября 2026, 09:00 UTC, Пётр <petr@example.com> пишет:\n> И у меня."
    )


def test_a_requester_without_a_name_is_quoted_by_the_address() -> None:
    text = append_quote(
        "Да.\n", quoted="Работает?", name="", address="a@b.example", written_at=WRITTEN_AT
    )

    assert text == "Да.\n\n23 ноября 2026, 09:00 UTC, <a@b.example> пишет:\n> Работает?"


def test_a_blank_message_is_not_quoted() -> None:
    text = append_quote(
        "Да.\n", quoted=" \n", name="Анна", address="a@b.example", written_at=WRITTEN_AT
    )

    assert text == "Да.\n"
