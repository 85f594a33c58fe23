"""Turn a search into a condition on tickets."""

import unicodedata
from functools import reduce
from operator import and_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchQueryCombinable
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat

from tickets.models import Message, Requester
from tickets.note_models import Note
from tickets.search.query import Term, read_query
from tickets.search_models import SearchRow

# PostgreSQL's trigrams find a shorter part only at the beginning of a word.
_LEAST_MIDDLE = 3
_PLAIN = "pg_catalog.simple"


def for_query(text: str) -> Q:
    """Return the condition that a ticket meets each term of a search; all do if it has none.

    Raise Django's `ValidationError` for more than 500 characters or 20 terms.
    """
    return reduce(and_, map(_condition, read_query(text)), Q())


def requesters_for(text: str) -> QuerySet[Requester]:
    """Return the requesters whose addresses or names have each term of a search.

    Raise Django's `ValidationError` for more than 500 characters or 20 terms.
    """
    people = Func("email", "name", function="tickets_people", output_field=TextField())
    found = Requester.objects.alias(people=people)
    for term in read_query(text):
        is_theirs = Q(pk=term.number) if term.number else Q(people__contains=people_part(term))
        found = found.filter(~is_theirs if term.is_without else is_theirs)
    return found


def words_query(term: Term) -> SearchQueryCombinable:
    """Return the full-text query for texts with all the words of a term."""
    if not term.is_prefix:
        return _words(term.text)
    *before, last = _blank_signs(term.text).split()
    beginning = SearchQuery(f"'{last}':*", config=_PLAIN, search_type="raw")
    return _words(" ".join(before)) & beginning if before else beginning


def _blank_signs(text: str) -> str:
    """Part words as the parser of PostgreSQL does, since `:*` may have one word only."""
    return "".join(" " if unicodedata.category(sign)[0] in "PS" else sign for sign in text)


def people_part(term: Term) -> str:
    """Return the part of a folded address or name that has the words of a term."""
    begins_a_word = term.is_prefix or len(term.text) < _LEAST_MIDDLE
    return f" {term.text}" if begins_a_word else term.text


def _condition(term: Term) -> Q:
    if term.number is not None:
        condition = Q(pk=term.number)
    elif term.is_phrase:
        condition = _has_row(Q(words=words_query(term)), _has_phrase(term.text))
    else:
        people = Q(people__contains=people_part(term))
        condition = _has_row(Q(words=words_query(term)) | people)
    return ~condition if term.is_without else condition


def _has_row(*conditions: Q) -> Q:
    return Q(Exists(SearchRow.objects.filter(*conditions, ticket=OuterRef("pk"))))


def _has_phrase(phrase: str) -> Q:
    """Return the condition that the words stand one after the other in a row's source."""
    message = Message.objects.annotate(
        whole=_squeeze(Concat("title", Value(" "), "text", output_field=TextField()))
    )
    note = Note.objects.annotate(whole=_squeeze(F("text")))
    return Q(_holds(message, phrase), kind=SearchRow.Kind.MESSAGE) | Q(
        _holds(note, phrase), kind=SearchRow.Kind.NOTE
    )


def _holds(sources: QuerySet[Any], phrase: str) -> Exists:
    squeezed = _squeeze(Value(phrase))
    return Exists(sources.filter(pk=OuterRef("source_id"), whole__contains=squeezed))


def _squeeze(text: F | Value | Concat) -> Func:
    return Func(text, function="tickets_squeeze", output_field=TextField())


def _words(text: str) -> SearchQueryCombinable:
    """Match words by their stems or as they are; `tickets_words` has both."""
    stems = SearchQuery(text, config="pg_catalog.russian", search_type="plain")
    return stems | SearchQuery(text, config=_PLAIN, search_type="plain")
