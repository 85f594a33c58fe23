"""The HTML of an outgoing mail, made of its text: paragraphs, line breaks, links and quotes."""

import re
from html import escape
from itertools import groupby

_LINK = re.compile(r"https?://[^\s<>\"\u00ab\u00bb\u201c\u201d]{1,2000}", re.IGNORECASE)
_AFTER_A_LINK = ".,;:!?'*_"
_QUOTE_STYLE = "margin: 0 0 0 0.8ex; border-left: 1px solid #ccc; padding-left: 1ex"
_DEEPEST = 20


def to_html(text: str) -> str:
    """Return a document that says what the text says; every character of it is escaped."""
    body = _blocks(text.split("\n"), _DEEPEST)
    return f'<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _blocks(lines: list[str], depth: int) -> str:
    out = []
    for is_quoted, group in groupby(lines, key=lambda line: depth > 0 and line.startswith(">")):
        if is_quoted:
            inner = _blocks([line[1:].removeprefix(" ") for line in group], depth - 1)
            out.append(f'<blockquote type="cite" style="{_QUOTE_STYLE}">\n{inner}\n</blockquote>')
            continue
        for is_blank, paragraph in groupby(group, key=lambda line: not line.strip()):
            if not is_blank:
                out.append("<p>" + "<br>\n".join(map(_line, paragraph)) + "</p>")
    return "\n".join(out)


def _line(line: str) -> str:
    """Escape a line, keep its spaces and make its addresses links."""
    out, position = [], 0
    for found in _LINK.finditer(line):
        address = _without_what_follows(found[0])
        out.append(escape(line[position : found.start()]))
        out.append(f'<a href="{escape(address)}">{escape(address)}</a>')
        position = found.start() + len(address)
    out.append(escape(line[position:]))
    return re.sub(r"(?<= ) |^ ", "&nbsp;", "".join(out).expandtabs(4))


def _without_what_follows(address: str) -> str:
    """Leave off the sentence's own signs, and a bracket that opened before the address."""
    address = address.rstrip(_AFTER_A_LINK)
    while address.endswith(")") and address.count("(") < address.count(")"):
        address = address[:-1].rstrip(_AFTER_A_LINK)
    return address
