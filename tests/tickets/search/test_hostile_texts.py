"""Hostile texts and searches take linear time, and none fails intake."""

import time

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from tests.factories import MessageFactory
from tickets.models import Ticket
from tickets.search.conditions import for_query
from tickets.search.query import MOST_CHARACTERS, MOST_TERMS
from tickets.search_models import SearchRow

# For the parser of PostgreSQL, which tries a text as a number, address, tag, path and more.
UNITS = [
    *("1e", "deadbeef0123", "1234567890", "1.", ".", "-a", "<a ", "&amp;", "http://a.b/", "a@b."),
    *("'", '"', "\\", "a ", "\u0301", "и\u0306", "1,", "1e-", "a/", "_", "🙂", "\n", "я"),
]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("unit", UNITS)
def test_a_long_text_takes_linear_time(unit: str) -> None:
    def seconds(characters: int) -> float:
        text = (unit * characters)[:characters]
        began = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("SELECT tickets_words(%s), tickets_squeeze(%s)", [text, text])
        return time.perf_counter() - began

    seconds(1_000)
    short = min(seconds(12_500) for _ in range(3))
    long = min(seconds(100_000) for _ in range(3))

    assert long < max(4 * 8 * short, 0.5)


@pytest.mark.django_db
def test_a_message_of_two_megabytes_is_stored_and_found_by_its_beginning() -> None:
    words = " ".join(f"{number:x}слово{number}" for number in range(120_000))
    assert len(words) > 2_000_000 / 2

    message = MessageFactory.create(title="Принтер", text=words)

    found = Ticket.objects.filter(for_query("принтер 1слово1"))
    assert [ticket.pk for ticket in found] == [message.ticket_id]
    assert not Ticket.objects.filter(for_query("1d4bfслово119999")).exists()
    assert SearchRow.objects.count() == 1


@pytest.mark.django_db
def test_a_word_of_a_hundred_thousand_letters_is_stored() -> None:
    message = MessageFactory.create(text="я" * 100_000 + " принтер")

    assert Ticket.objects.filter(for_query("вопрос -принтер")).count() == 0
    assert message.pk


@pytest.mark.django_db
@pytest.mark.parametrize("unit", ["a ", "-a ", '"a" ', 'a"', "a* ", "#1 ", '-"a b" ', "a@", "%"])
def test_a_search_of_500_characters_is_answered(unit: str) -> None:
    MessageFactory.create(text="a b c")
    text = (unit * MOST_CHARACTERS)[:MOST_CHARACTERS]

    began = time.perf_counter()
    list(Ticket.objects.filter(for_query(text)))

    assert time.perf_counter() - began < 5


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["{}", "{}*", '"{} {}"', "-{}", "{}@{}"])
def test_a_search_of_many_different_words_is_answered(form: str) -> None:
    MessageFactory.create(text="a b c")
    text = " ".join(form.format(number, number) for number in range(MOST_TERMS))

    began = time.perf_counter()
    list(Ticket.objects.filter(for_query(text)))

    assert time.perf_counter() - began < 5
    with pytest.raises(ValidationError):
        for_query(f"{text} more")
