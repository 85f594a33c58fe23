"""Make the HTML of an outgoing mail from its text: paragraphs, line breaks, links and quotes."""

import re
from html import escape
from itertools import groupby

_LINK = re.compile(r"https?://[^\s<>\"\u00ab\u00bb\u201c\u201d]{1,2000}", re.IGNORECASE)
_PUNCTUATION_AFTER_LINK = ".,;:!?'*_"
_QUOTE_STYLE = "margin: 0 0 0 0.8ex; border-left: 1px solid #ccc; padding-left: 1ex"
_MAX_QUOTE_DEPTH = 20


def to_html(text: str) -> str:
    """Return a document with the same words as the text, every character escaped."""
    body = _blocks(text.split("\n"), _MAX_QUOTE_DEPTH)
    return f'<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _blocks(lines: list[str], depth: int) -> str:
    blocks = []
    for is_quoted, group in groupby(lines, key=lambda line: depth > 0 and line.startswith(">")):
        if is_quoted:
            inner = _blocks([line[1:].removeprefix(" ") for line in group], depth - 1)
            blocks.append(
                f'<blockquote type="cite" style="{_QUOTE_STYLE}">\n{inner}\n</blockquote>'
            )
            continue
        for is_blank, paragraph in groupby(group, key=lambda line: not line.strip()):
            if not is_blank:
                blocks.append("<p>" + "<br>\n".join(map(_line, paragraph)) + "</p>")
    return "\n".join(blocks)


def _line(line: str) -> str:
    """Escape a line, keep its spaces and turn its URLs into links."""
    pieces, position = [], 0
    for link in _LINK.finditer(line):
        url = _without_punctuation(link[0])
        pieces.append(escape(line[position : link.start()]))
        pieces.append(f'<a href="{escape(url)}">{escape(url)}</a>')
        position = link.start() + len(url)
    pieces.append(escape(line[position:]))
    return re.sub(r"(?<= ) |^ ", "&nbsp;", "".join(pieces).expandtabs(4))


def _without_punctuation(url: str) -> str:
    """Remove the sentence's punctuation, and a bracket that was opened before the URL."""
    url = url.rstrip(_PUNCTUATION_AFTER_LINK)
    while url.endswith(")") and url.count("(") < url.count(")"):
        url = url[:-1].rstrip(_PUNCTUATION_AFTER_LINK)
    return url
