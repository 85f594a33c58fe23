"""The entries of a ticket's history in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from operators.templatetags.desk import say_when
from tickets.desk.people import People
from tickets.models import Event, HistoryEntry, Priority

# Of before, after and the people of the ticket: a sentence, and the values in it besides `who`.
_Sentence = tuple[str | Promise, dict[str, str]]
_Words = Callable[[Any, Any, People], _Sentence]


def event_words(entry: HistoryEntry, people: People) -> str:
    """Return an entry as a sentence, such as "Maria took it"."""
    details = entry.details or {}
    if entry.event == Event.WOKEN and entry.is_system:
        return str(_("It woke up: its time had come"))
    write = _WORDS[Event(entry.event)]
    sentence, values = write(details.get("before"), details.get("after"), people)
    return str(sentence) % {"who": people.actor(entry), **values}


def _fixed(words: str | Promise) -> _Words:
    """Return what writes a sentence that has no values besides `who`."""
    return lambda before, after, people: (words, {})


def _assigned(before: Any, after: Any, people: People) -> _Sentence:
    if after is None:
        return _("%(who)s gave it back"), {}
    return _("%(who)s assigned it to %(name)s"), {"name": people.operator(after)}


def _snoozed(before: Any, after: Any, people: People) -> _Sentence:
    return _("%(who)s snoozed it until %(time)s"), {"time": read_moment(after)}


def _priority(before: Any, after: Any, people: People) -> _Sentence:
    values = {"before": _priority_name(before), "after": _priority_name(after)}
    return _("%(who)s set the priority: %(before)s → %(after)s"), values


def _priority_name(name: Any) -> str:
    known = {priority.name.lower(): str(priority.label) for priority in Priority}
    return known.get(name, str(name))


def _tags(before: Any, after: Any, people: People) -> _Sentence:
    old, new = list(before or []), list(after or [])
    changes = [f"+{tag}" for tag in new if tag not in old]
    changes += [f"−{tag}" for tag in old if tag not in new]
    return _("%(who)s changed the tags: %(tags)s"), {"tags": " ".join(changes)}


def _merged(before: Any, after: Any, people: People) -> _Sentence:
    into, merged = _numbers(after)
    if into:
        return _("%(who)s merged it into #%(number)s"), {"number": into}
    return _("%(who)s merged #%(number)s into it"), {"number": merged}


def _unmerged(before: Any, after: Any, people: People) -> _Sentence:
    into, merged = _numbers(before)
    if into:
        return _("%(who)s undid the merge into #%(number)s"), {"number": into}
    return _("%(who)s undid the merge of #%(number)s"), {"number": merged}


def _numbers(value: Any) -> tuple[str, str]:
    named = value if isinstance(value, dict) else {}
    return str(named.get("into") or ""), str(named.get("from") or "")


def _participant_added(before: Any, after: Any, people: People) -> _Sentence:
    return _("%(who)s added %(address)s"), {"address": str(after)}


def _participant_removed(before: Any, after: Any, people: People) -> _Sentence:
    return _("%(who)s removed %(address)s"), {"address": str(before)}


def _attention(before: Any, after: Any, people: People) -> _Sentence:
    if after:
        return _("A mail of this ticket did not arrive"), {}
    return _("%(who)s has seen to the delivery trouble"), {}


_WORDS: dict[Event, _Words] = {
    Event.OPENED: _fixed(_("%(who)s opened it")),
    Event.WROTE: _fixed(_("%(who)s wrote")),
    Event.TAKEN: _fixed(_("%(who)s took it")),
    Event.REPLIED: _fixed(_("%(who)s answered")),
    Event.CLOSED: _fixed(_("%(who)s closed it")),
    Event.ASSIGNED: _assigned,
    Event.REOPENED: _fixed(_("%(who)s reopened it")),
    Event.SNOOZED: _snoozed,
    Event.WOKEN: _fixed(_("%(who)s woke it up")),
    Event.PRIORITY_CHANGED: _priority,
    Event.TAGS_CHANGED: _tags,
    Event.MERGED: _merged,
    Event.UNMERGED: _unmerged,
    Event.PARTICIPANT_ADDED: _participant_added,
    Event.PARTICIPANT_REMOVED: _participant_removed,
    Event.REPLY_HELD: _fixed(_("An answer is held: they wrote meanwhile")),
    Event.REPLY_WITHDRAWN: _fixed(_("%(who)s took an answer back")),
    Event.REPLY_RELEASED: _fixed(_("%(who)s sent an answer that had waited")),
    Event.NOTE_ADDED: _fixed(_("%(who)s wrote a note")),
    Event.NOTE_EDITED: _fixed(_("%(who)s edited a note")),
    Event.NOTE_DELETED: _fixed(_("%(who)s deleted a note")),
    Event.ATTENTION_CHANGED: _attention,
}


def read_moment(text: Any) -> str:
    """Return a moment, written as in the API, as a reader says it."""
    try:
        return say_when(datetime.fromisoformat(text))
    except (TypeError, ValueError):
        return ""
