"""The text of messages and notes as HTML: escaped, with links, and with quotes apart."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from operators.models import Operator
from tickets.models import Message
from tickets.notes import MENTION
from tickets.templatetags.light_markdown import light_markdown

# A text is read to its end elsewhere; a page of many such would be too heavy.
MOST_CHARACTERS = 30_000
_SHORT = 3_000
# Bounded repeats, of which few are tried again: no text takes longer than its length allows.
_LINK = re.compile(
    r"https?://[^\s<>\"'`«»“”\x00-\x1f]{1,2000}"
    r"|\b\w[\w.+-]{0,63}+@(?:[\w-]{1,63}+\.){1,8}[^\W\d_]{2,24}\b",
    re.IGNORECASE,
)
# As the composer writes it, with the name for those who read the text itself.
_MENTION = re.compile(rf"{MENTION.pattern}( \([^()\n]{{1,200}}\))?")
_PUNCTUATION = ".,;:!?*_~'\"…"
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class TextPart:
    """A part of a message's text: `reply`, `quoted` or `signature`.

    is_marked: whether its HTML has paragraphs, and not the line breaks of a text.
    """

    kind: str
    html: SafeString
    is_marked: bool = False


def text_parts(message: Message) -> list[TextPart]:
    """Return the parts of a message's text, without blank lines around them."""
    text = message.text[:MOST_CHARACTERS]
    segments = message.segments or [{"kind": "reply", "start": 0, "end": len(text)}]
    parts = ((one["kind"], text[one["start"] : one["end"]]) for one in segments)
    return [
        _part(kind, part.strip("\r\n"), message.operator_id is not None)
        for kind, part in parts
        if part.strip()
    ]


def _part(kind: str, text: str, is_ours: bool) -> TextPart:
    """Return a part, without rendering it again if it was shown a moment ago and is not long."""
    return (_short_part if len(text) <= _SHORT else _render_part)(kind, text, is_ours)


def _render_part(kind: str, text: str, is_ours: bool) -> TextPart:
    """Return a part; what operators write is light Markdown."""
    if is_ours and kind == "reply":
        return TextPart(kind, light_markdown(text), is_marked=True)
    return TextPart(kind, link_addresses(text))


# An open page is loaded again with each change, and the texts of messages never change.
_short_part = lru_cache(maxsize=1000)(_render_part)


def link_addresses(text: str, write: Callable[[str], str] = escape) -> SafeString:
    """Return a text as HTML in which web and mail addresses are links.

    write: makes HTML of what is between the links.
    """
    pieces, end = [], 0
    for found in _LINK.finditer(text):
        address = _without_punctuation(found[0])
        pieces += [write(text[end : found.start()]), _link(address)]
        end = found.start() + len(address)
    return mark_safe("".join([*pieces, write(text[end:])]))  # noqa: S308 - each piece is escaped


def note_html(text: str, operators: Mapping[int, Operator]) -> SafeString:
    """Return the text of a note as HTML, with the names of the operators whom it mentions."""

    def name(found: re.Match[str]) -> str:
        operator = operators.get(int(found[1]))
        if operator is None:
            return found[0]
        after = found[2] or ""
        if after == f" ({escape(operator.name)})":
            after = ""
        return format_html('<strong title="@{}">@{}</strong>', found[1], operator.name) + after

    # Not in the links, whose addresses may have an "@" before a number, too. What is escaped has no
    # other ones than the text.
    return link_addresses(text, lambda words: _MENTION.sub(name, escape(words)))


def _without_punctuation(address: str) -> str:
    """Return a web address without the marks that belong to the sentence around it."""
    while address:
        last = address[-1]
        opening = _CLOSING.get(last)
        if last not in _PUNCTUATION and (
            opening is None or address.count(opening) >= address.count(last)
        ):
            break
        address = address[:-1]
    return address


def _link(address: str) -> SafeString:
    if "://" not in address[:8]:
        return format_html('<a href="mailto:{0}">{0}</a>', address)
    return format_html(
        '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>', address
    )
