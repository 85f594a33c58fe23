"""The history of a ticket, in words."""

from typing import Any

import pytest
from django.utils import translation

from operators.models import Operator
from tests.factories import HistoryEntryFactory, RequesterFactory
from tickets.desk import history_words
from tickets.desk.history_words import event_words
from tickets.desk.people import People
from tickets.models import Event

PEOPLE = People(
    {7: Operator(pk=7, name="Maria"), 8: Operator(pk=8, name="Пётр")},
    RequesterFactory.build(name="", email="ivan@example.com"),
)
AT = "2020-05-03T10:02:00Z"


def words_of(event: str, before: Any = None, after: Any = None, **fields: Any) -> str:
    details = {"before": before, "after": after}
    entry = HistoryEntryFactory.build(
        ticket=None, event=event, details=details, **{"operator_id": 7, **fields}
    )
    with translation.override("en"):
        return event_words(entry, PEOPLE)


def test_every_event_has_words() -> None:
    assert set(history_words._WORDS) == set(Event)


@pytest.mark.parametrize("event", Event)
def test_an_entry_without_details_has_words_too(event: Event) -> None:
    words = words_of(event)

    assert words
    assert "%(" not in words


@pytest.mark.parametrize(
    ("event", "before", "after", "words"),
    [
        ("taken", None, 7, "Maria took it"),
        ("assigned", 7, 8, "Maria assigned it to Пётр"),
        ("assigned", 7, None, "Maria gave it back"),
        ("snoozed", None, AT, "Maria snoozed it until 3 May 2020"),
        ("woken", AT, None, "Maria woke it up"),
        ("priority_changed", "normal", "high", "Maria set the priority: normal → high"),
        ("tags_changed", ["a", "b"], ["b", "c"], "Maria changed the tags: +c −a"),
        ("merged", {"status": "new"}, {"into": 12}, "Maria merged it into #12"),
        ("merged", None, {"from": 11}, "Maria merged #11 into it"),
        ("unmerged", {"into": 12}, None, "Maria undid the merge into #12"),
        ("unmerged", {"from": 11}, None, "Maria undid the merge of #11"),
        ("participant_added", None, "%(who)s@x", "Maria added %(who)s@x"),
        ("participant_removed", "a@x", None, "Maria removed a@x"),
        ("attention_changed", False, True, "A mail of this ticket did not arrive"),
        ("attention_changed", True, False, "Maria has seen to the delivery trouble"),
    ],
)
def test_an_event_in_words(event: str, before: Any, after: Any, words: str) -> None:
    assert words_of(event, before, after) == words


def test_others_than_operators_act_too() -> None:
    assert words_of("woken", AT, operator_id=None, is_system=True) == (
        "It woke up: its time had come"
    )
    assert words_of("woken", AT, operator_id=None) == "ivan@example.com woke it up"
    assert words_of("participant_added", None, "p@x", operator_id=None, actor_email="o@x") == (
        "o@x added p@x"
    )
    assert words_of("taken", operator_id=99) == "nobody took it"
