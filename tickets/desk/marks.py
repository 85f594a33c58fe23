"""Mark in a text what a search found."""

import re

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

_WORD = re.compile(r"\w*")


def mark_hits(text: str, words: re.Pattern[str] | None) -> SafeString:
    """Return a text as HTML, in which the words that a search found are marked.

    words: the pattern of `tickets.search.snippets.words_pattern`.
    """
    if words is None:
        return conditional_escape(text)
    folded = "".join(map(_fold, text))
    parts: list[SafeString] = []
    position = 0
    for hit in words.finditer(folded):
        if hit.start() < position or hit.end() == hit.start():
            continue
        word = _WORD.match(folded, hit.end())
        end = word.end() if word else hit.end()
        parts.append(conditional_escape(text[position : hit.start()]))
        parts.append(format_html("<mark>{}</mark>", text[hit.start() : end]))
        position = end
    parts.append(conditional_escape(text[position:]))
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped


def _fold(letter: str) -> str:
    """Return a letter as the search compares it; always one, so that places stay."""
    lower = letter.lower()
    return "е" if lower == "ё" else lower if len(lower) == 1 else letter
