"""The piece of a ticket's text where a search found something."""

import re
import unicodedata
from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Max, TextField, Value
from django.db.models.functions import Concat, Left

from tickets.models import Message, Ticket
from tickets.note_models import Note
from tickets.search.conditions import words_query
from tickets.search.query import Term, read_query
from tickets.search_models import SearchRow

_CHARACTERS = 160
_BEFORE = 60
# A word that stands later in a text is not shown.
_READ = 20_000
_SEARCHED = Concat("title", Value(" "), "text", output_field=TextField())


def snippets(tickets: Sequence[Ticket], text: str) -> dict[int, str]:
    """Return a piece of text for each ticket that a search found, by their numbers.

    It is of the newest message or note with one of the words, around the first of them; of a ticket
    found by an address, a name or its number, the beginning of the description.
    """
    found = [term for term in read_query(text) if term.text and not term.is_without]
    sources = _sources([ticket.pk for ticket in tickets], found) if found else {}
    words = _beginnings(found) if sources else None
    return {
        ticket.pk: _piece(sources.get(ticket.pk, ticket.description[:_READ]), words)
        for ticket in tickets
    }


def words_pattern(text: str) -> re.Pattern[str] | None:
    """Return a pattern of the words that a search looks for, in lower case and with е for ё.

    It finds them and words of the same stem by their beginnings; None for a search without words.
    """
    found = [term for term in read_query(text) if term.text and not term.is_without]
    return _beginnings(found) if found else None


def _sources(tickets: list[int], terms: list[Term]) -> dict[int, str]:
    """Return the text of each ticket's newest message or note with one of the words."""
    query = reduce(or_, map(words_query, terms))
    rows = SearchRow.objects.filter(ticket__in=tickets, words=query)
    newest = list(rows.values_list("ticket", "kind").annotate(newest=Max("source_id")))
    ids = {kind: [key for _, of, key in newest if of == kind] for kind in SearchRow.Kind}
    messages = Message.objects.filter(pk__in=ids[SearchRow.Kind.MESSAGE])
    notes = Note.objects.filter(pk__in=ids[SearchRow.Kind.NOTE])
    read = [
        *messages.values_list("created_at", "ticket", Left(_SEARCHED, _READ)),
        *notes.values_list("created_at", "ticket", Left("text", _READ)),
    ]
    return {ticket: text for _at, ticket, text in sorted(read)}


def _beginnings(terms: list[Term]) -> re.Pattern[str]:
    """Return the pattern of the words and their stems, with which other forms of them begin."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tsvector_to_array(tickets_words(%s))", [" ".join(term.text for term in terms)]
        )
        (words,) = cursor.fetchone()
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, words))})")


def _piece(text: str, words: re.Pattern[str] | None) -> str:
    """Cut the piece around the first of the words, at blanks, and write it in one line."""
    text = unicodedata.normalize("NFC", text)
    hit = words.search(text.lower().replace("ё", "е")) if words else None
    begin = 0
    if hit and hit.start() > _BEFORE:
        earliest = hit.start() - _BEFORE
        begin = text.find(" ", earliest, hit.start()) + 1 or earliest
    piece = text[begin : begin + _CHARACTERS]
    if len(text) > begin + _CHARACTERS:
        piece = piece.rpartition(" ")[0] or piece
    return " ".join(piece.split())
