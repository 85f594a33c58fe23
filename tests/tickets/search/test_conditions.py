"""What each form of a search finds."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tests.factories import (
    MessageFactory,
    NoteFactory,
    ParticipantFactory,
    RequesterFactory,
    TicketFactory,
)
from tickets.models import Ticket
from tickets.search.conditions import for_query

pytestmark = pytest.mark.django_db


def found(text: str) -> list[int]:
    return list(Ticket.objects.filter(for_query(text)).order_by("pk").values_list("pk", flat=True))


def ticket_with(*texts: str, title: str = "Вопрос", **values: Any) -> int:
    """Store a ticket with a message for each text; their title has none of the searched words."""
    requester = RequesterFactory.create(email="nobody@client.example", name="")
    ticket = TicketFactory.create(**{"requester": requester, **values})
    for text in texts:
        MessageFactory.create(ticket=ticket, title=title, text=text)
    return int(ticket.pk)


@pytest.fixture(autouse=True)
def another() -> int:
    """A ticket that no search of these tests finds."""
    ticket = TicketFactory.create(requester=RequesterFactory.create(email="zz@zz.test", name="Zz"))
    MessageFactory.create(ticket=ticket, title="Zz", text="zz")
    return int(ticket.pk)


def test_several_words_stand_anywhere_in_the_title_messages_and_notes() -> None:
    ticket = ticket_with("Не печатает принтер", "Срочно", title="Счёт")
    NoteFactory.create(ticket_id=ticket, text="На гарантии")

    assert found("принтер срочно счёт гарантии") == [ticket]
    assert found("  гарантии\tпринтер ") == [ticket]
    assert found("принтер сканер") == []


@pytest.mark.parametrize(
    "text", ["принтер", "принтеры", "принтерами", "ПРИНТЕРУ", "printer", "printers", "PRINTING"]
)
def test_words_are_found_by_their_stems_in_russian_and_english(text: str) -> None:
    ticket = ticket_with("Сломаны все принтеры. Our printers do not print.")

    assert found(text) == [ticket]


def test_a_word_that_stems_leave_out_is_found_as_it_is() -> None:
    ticket = ticket_with("Оно не включается, и всё.")

    assert found("не") == [ticket]
    assert found("и не") == [ticket]
    assert found("или") == []


def test_yo_is_found_as_ye_and_the_other_way_round() -> None:
    with_yo, with_ye = ticket_with("Ёлка"), TicketFactory.create().pk
    MessageFactory.create(ticket_id=with_ye, text="елка")

    assert found("елка") == found("ёлка") == found("ЁЛКА") == [with_yo, with_ye]


def test_letters_in_two_parts_are_found_as_one() -> None:
    ticket = ticket_with("Мои\u0306 за\u0438\u0306м")

    assert found("мой займ") == [ticket]
    assert found("мои\u0306") == [ticket]
    assert found('"мой займ"') == [ticket]


def test_a_phrase_stands_within_one_message_word_by_word() -> None:
    ticket = ticket_with("Красный свет, не горит", "зелёный", title="Лампа\n")
    NoteFactory.create(ticket_id=ticket, text="купить «новую»  лампу")

    assert found('"красный свет не"') == [ticket]
    assert found('"КРАСНЫЙ  свет"') == [ticket]
    assert found('"новую лампу"') == [ticket]
    assert found('"лампа красный"') == [ticket]
    assert found('"не горит зеленый"') == []
    assert found('"свет красный"') == []
    assert found('"красные свет"') == []
    assert found('"расный свет"') == []


def test_an_unclosed_phrase_goes_to_the_end() -> None:
    ticket = ticket_with("Красный свет")

    assert found('"красный свет') == [ticket]
    assert found('"свет красный') == []


def test_without_a_word_or_a_phrase() -> None:
    red, green = ticket_with("лампа красный свет"), TicketFactory.create().pk
    MessageFactory.create(ticket_id=green, text="лампа зелёный свет")

    assert found("лампа -красная") == [green]
    assert found('лампа -"зеленый свет"') == [red]
    assert found("лампа -з*") == [red]
    assert found("лампа -свет") == []


def test_without_a_word_that_stands_in_another_message_or_a_note() -> None:
    ticket = ticket_with("лампа", "красный")
    NoteFactory.create(ticket_id=ticket, text="синий")

    assert found("лампа -красный") == []
    assert found("лампа -синий") == []
    assert found("лампа -nobody") == []


def test_the_beginning_of_a_word() -> None:
    ticket = ticket_with("Не печатает принтер INV-2024-0017")

    assert found("прин*") == found("ПРИНТЕР*") == found("inv-20*") == [ticket]
    assert found("ринт*") == []
    assert found("инв-20*") == []


def test_the_beginning_of_a_word_after_a_sign() -> None:
    ticket = ticket_with("Телефон: 8(495)1234567, доб.12;34")

    assert found("8(495)123*") == found("доб.12;3*") == [ticket]
    assert found("8(495)2*") == []


def test_a_ticket_by_its_number() -> None:
    ticket = ticket_with("лампа")

    assert found(f"#{ticket}") == [ticket]
    assert found(f"#{ticket} лампа") == [ticket]
    assert found(f"#{ticket} принтер") == []
    assert found(f"лампа -#{ticket}") == []
    assert found("#999999999999999999") == []


@pytest.mark.parametrize(
    "text",
    [
        *("ivan@example.com", "IVAN@exa", "van", "iv", "example", "Petr", "пётр", "петр сергеев"),
        *("етров", '-"zz" ivan', "copied", "@copied.example"),
    ],
)
def test_part_of_an_address_or_name(text: str) -> None:
    requester = RequesterFactory.create(email="ivan@example.com", name="Пётр Сергеевич Petrov")
    ticket = ticket_with("лампа", requester=requester)
    ParticipantFactory.create(ticket_id=ticket, email="in@copied.example", name="Иван Петров")

    assert found(text) == [ticket]


def test_a_requester_who_is_renamed_and_a_participant_who_is_removed() -> None:
    requester = RequesterFactory.create(email="ivan@example.com", name="")
    ticket = ticket_with("лампа", "ещё одна", requester=requester)
    participant = ParticipantFactory.create(ticket_id=ticket, email="in@copied.example")

    requester.name = "Пётр"
    requester.save()
    assert found("петр лампа") == found("ivan") == found("copied") == [ticket]

    participant.is_removed = True
    participant.save()
    assert found("copied") == []

    participant.is_removed = False
    participant.save()
    assert found("copied") == [ticket]


def test_an_address_and_a_number_of_a_text() -> None:
    ticket = ticket_with("Пишите на support@shop.example, счёт INV-2024-0017 <b>жирный</b> C:\\tmp")

    for text in ("support@shop.example", "shop", "INV-2024-0017", "2024", "жирный", "tmp"):
        assert found(text) == [ticket], text
    assert found("INV-2025-0017") == []


def test_deleted_notes_and_old_text_are_not_found() -> None:
    ticket = ticket_with("лампа")
    note = NoteFactory.create(ticket_id=ticket, text="красная")
    assert found("красная") == [ticket]

    note.text = "синяя"
    note.history = [{"text": "красная", "at": "2026-11-26T10:00:00Z"}]
    note.save()
    assert found("красная") == found('"красная"') == []
    assert found("синяя") == found('"синяя"') == [ticket]

    note.delete()
    assert found("синяя") == found('"синяя"') == []


@pytest.mark.parametrize("text", ["", "  ", '"', '""', "-", "*", "#", "-* !? ... «»", "\0"])
def test_a_search_without_words_leaves_all_tickets(text: str, another: int) -> None:
    assert found(text) == [another]


@pytest.mark.parametrize(
    "text",
    [
        *("%", "_", "л%мпа", "ламп_", "\\", "лампа:*", "лампа & свет", "!лампа", "(лампа", "<->"),
        *("' OR 1=1 --", "лампа\\", "a'b*", "\\'*", "лам\0па", "🙂", "🙂*", "лампа,свет*", "1e5*"),
        *("#1234567890123456789012345", "<2>лампа", "лампа'", "$$", "{}", "%s"),
    ],
)
def test_signs_are_no_syntax_of_the_database(text: str) -> None:
    ticket_with("яблоко 100% готово")

    assert found(text) == [] or not any(letter.isalnum() for letter in text)


def test_a_search_has_500_characters_at_most() -> None:
    assert found("лампа " * 83) == []
    with pytest.raises(ValidationError, match="500"):
        for_query("л" * 501)
