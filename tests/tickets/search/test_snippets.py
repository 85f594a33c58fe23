"""The piece of a ticket's text that a hit shows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import MessageFactory, NoteFactory, RequesterFactory, TicketFactory
from tickets.models import Ticket
from tickets.search.snippets import snippets

pytestmark = pytest.mark.django_db

LONG = "Первое слово и ещё много других слов стоит в начале этого длинного сообщения. "


def ticket_with(*texts: str) -> Ticket:
    ticket = TicketFactory.create(description="Описание заявки")
    for text in texts:
        MessageFactory.create(ticket=ticket, title="Вопрос", text=text)
    return ticket


def snippet_of(ticket: Ticket, text: str) -> str:
    return snippets([ticket], text)[ticket.pk]


def test_the_piece_around_the_word_as_it_was_written() -> None:
    ticket = ticket_with(f"{LONG * 3}Сломаны\nвсе ПРИНТЁРЫ  на этаже. {LONG * 3}")

    assert snippet_of(ticket, "принтер") == (
        "слов стоит в начале этого длинного сообщения. Сломаны все ПРИНТЁРЫ на этаже."
        " Первое слово и ещё много других слов стоит в начале этого длинного сообщения."
    )


def test_a_short_text_is_shown_whole() -> None:
    assert snippet_of(ticket_with("Не печатает принтер"), "принтеры") == (
        "Вопрос Не печатает принтер"
    )


def test_of_the_newest_message_or_note_with_one_of_the_words() -> None:
    ticket = ticket_with("принтер 1", "принтер 2", "сканер")
    assert snippet_of(ticket, "принтер Вопрос") == "Вопрос сканер"
    assert snippet_of(ticket, '"принтер"') == "Вопрос принтер 2"

    note = NoteFactory.create(ticket=ticket, text="принтер 3")
    assert snippet_of(ticket, "прин* -сканер") == "принтер 3"

    note.delete()
    assert snippet_of(ticket, "прин*") == "Вопрос принтер 2"


@pytest.mark.parametrize("text", ["ivan", "#12", "-принтер", "", "ivan #12"])
def test_the_beginning_of_the_description_where_no_text_has_a_word(text: str) -> None:
    requester = RequesterFactory.create(email="ivan@example.com")
    ticket = TicketFactory.create(requester=requester, description=LONG * 5)

    assert snippet_of(ticket, text) == (LONG * 2).strip()


def test_a_long_word_is_cut() -> None:
    assert snippet_of(ticket_with("я" * 1000), "вопрос") == "Вопрос"
    assert snippet_of(ticket_with("я" * 1000), "я*") == "Вопрос"
    assert snippet_of(TicketFactory.create(description="я" * 1000), "ivan") == "я" * 160


def test_a_page_takes_as_many_statements_as_one_ticket() -> None:
    tickets = [ticket_with("Не печатает принтер", "принтер") for _ in range(20)]

    with CaptureQueriesContext(connection) as queries:
        found = snippets(tickets, "принтер")

    assert len(queries) == 3
    assert found == {ticket.pk: "Вопрос принтер" for ticket in tickets}
