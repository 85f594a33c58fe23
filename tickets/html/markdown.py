"""Make HTML of an operator's text: light Markdown, links, quotes, and all else as it was typed.

Bold, italics, `code`, fenced code, lists and links are Markdown (CommonMark, by markdown-it-py).
What people write in mails without thinking of Markdown stays text: "#12", indented lines, a line of
dashes, HTML, backslashes, asterisks inside of words. A line break is one. Quoted lines and what is
below the line of a signature are somebody's words as they are, so nothing in them is Markdown.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline.state_inline import Delimiter, StateInline
from markdown_it.token import Token

QUOTE = "<blockquote>"
SIGNATURE_LINE = "-- "  # RFC 3676, 4.3

_LINK = re.compile(r"https?://[^\s<>\"\u00ab\u00bb\u201c\u201d]{1,2000}", re.IGNORECASE)
_SCHEME = re.compile(r"https?\Z", re.IGNORECASE)
# markdown-it-py's own rule takes time with the square of the number of brackets.
_NAMED_LINK = re.compile(
    r"\[([^\[\]\n]{1,500})\]"
    r"\(((?:https?://|mailto:)(?:[^\s()<>\"]|\([^\s()<>\"]{0,500}\)){1,2000})\)",
    re.IGNORECASE,
)
_PUNCTUATION_AFTER_LINK = ".,;:!?'*_"
_MAX_QUOTE_DEPTH = 20
_FENCE = "```"
# A number of more than four digits at the start of a line is no list's.
_LIST_ITEM = re.compile(r"[ \t]*([-*]|[0-9]{1,4}[.)])[ \t]+\S")
_NO_ITEM = re.compile(r"[ \t]*(\+|[0-9]{5,9}[.)])(?=[ \t])|(?=[ \t*-]+$)")
# Before a mark or a space that shall stay text; it is removed again.
_KEPT_SPACE = "\N{NO-BREAK SPACE}"
_STOP = "\N{ZERO WIDTH SPACE}"


def render_markdown(text: str, *, quote: str = QUOTE) -> str:
    """Return the HTML of a text, in which every character that is not our markup is escaped.

    quote: the start tag of quoted text. Takes time in proportion to the length of the text.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    own = lines.index(SIGNATURE_LINE) if SIGNATURE_LINE in lines else len(lines)
    blocks = [*_own_blocks(lines[:own], quote), *_plain_blocks(lines[own:], quote)]
    return "\n".join(blocks)


def _own_blocks(lines: Sequence[str], quote: str) -> Iterator[str]:
    """Yield the blocks of what an operator wrote: code, quotes, and Markdown between them."""
    for kind, group in groupby(zip(_kinds(lines), lines, strict=True), key=lambda pair: pair[0]):
        of_group = [line for _kind, line in group]
        if isinstance(kind, int):
            code = "\n".join(of_group[1:-1])
            yield f"<pre><code>{escape(code)}\n</code></pre>"
        elif kind == "quoted":
            yield from _plain_blocks(of_group, quote)
        elif html := _MARKDOWN.render("\n".join(_prepared(of_group))).strip("\n"):
            yield html


def _kinds(lines: Sequence[str]) -> Iterator[str | int]:
    """Yield what each line is: of a block of code its number, else "quoted" or "own"."""
    ends: list[int] = [0] * len(lines)
    end = 0
    for number in range(len(lines) - 1, -1, -1):
        ends[number] = end
        if lines[number].strip() == _FENCE:
            end = number
    until = -1
    start = 0
    for number, line in enumerate(lines):
        if number > until and _opens_code(line) and ends[number]:
            start, until = number, ends[number]
        if number <= until:
            yield start
        else:
            yield "quoted" if line.startswith(">") else "own"


def _opens_code(line: str) -> bool:
    return line.startswith(_FENCE) and "`" not in line[len(_FENCE) :]


def _prepared(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines for the parser; outside of lists indentation becomes spaces that stay."""
    is_in_list = was_blank = False
    for line in (line.expandtabs(4) for line in lines):
        if not line.strip():
            was_blank = True
            yield ""
            continue
        is_item = bool(_LIST_ITEM.match(line))
        is_in_list = is_item or (is_in_list and (line.startswith(" ") or not was_blank))
        was_blank = False
        marker = _NO_ITEM.match(line)
        if marker:
            line = f"{marker[0]}{_STOP}{line[marker.end() :]}"
        words = line.lstrip(" ")
        indent = len(line) - len(words)
        is_kept = indent and not is_in_list
        yield f"{_STOP}{_KEPT_SPACE * indent}{words}" if is_kept else line


def _plain_blocks(lines: Sequence[str], quote: str, depth: int = _MAX_QUOTE_DEPTH) -> Iterator[str]:
    for is_quoted, group in groupby(lines, key=lambda line: depth > 0 and line.startswith(">")):
        if is_quoted:
            inner = [line[1:].removeprefix(" ") for line in group]
            blocks = "\n".join(_plain_blocks(inner, quote, depth - 1))
            yield f"{quote}\n{blocks}\n</blockquote>"
            continue
        for is_blank, paragraph in groupby(group, key=lambda line: not line.strip()):
            if not is_blank:
                yield "<p>" + "<br>\n".join(map(_plain_line, paragraph)) + "</p>"


def _plain_line(line: str) -> str:
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


def _find_url(state: StateInline, silent: bool) -> bool:
    """Make a link of a URL at its colon; the scheme before it is pending text."""
    scheme = _SCHEME.search(state.pending[-len("https") :])
    if state.src[state.pos] != ":" or scheme is None:
        return False
    start = state.pos - len(scheme[0])
    found = _LINK.match(state.src, start, state.posMax)
    url = _without_punctuation(found[0]) if found else ""
    if len(url) <= len(scheme[0]) + len("://"):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        _push_link(state, url, url)
    state.pos = start + len(url)
    return True


def _find_named_link(state: StateInline, silent: bool) -> bool:
    """Make a link of `[its words](https://...)`."""
    found = state.src[state.pos] == "[" and _NAMED_LINK.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        _push_link(state, found[2], found[1])
    state.pos = found.end()
    return True


def _push_link(state: StateInline, url: str, words: str) -> None:
    state.push("link_open", "a", 1).attrs = {"href": url}
    state.push("text", "", 0).content = words
    state.push("link_close", "a", -1)


def _find_emphasis(state: StateInline, silent: bool) -> bool:
    """Find the marks of bold and italics, for `*` as for `_` not inside of words: "2*3*4"."""
    marker = state.src[state.pos]
    if silent or marker not in ("_", "*"):
        return False
    scanned = state.scanDelims(state.pos, False)
    for _mark in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=scanned.can_open,
                close=scanned.can_close,
            )
        )
    state.pos += scanned.length
    return True


def _render_text(self: RendererHTML, tokens: Sequence[Token], index: int, *args: Any) -> str:
    """Escape text, and keep spaces that stand side by side."""
    spaced = re.sub(r"(?<= ) ", "&nbsp;", escape(tokens[index].content))
    return spaced.replace(_KEPT_SPACE, "&nbsp;").replace(_STOP, "")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"breaks": True})
    parser.enable(["list", "newline", "backticks", "emphasis"])
    parser.inline.ruler.at("emphasis", _find_emphasis)
    parser.inline.ruler.before("backticks", "url", _find_url)
    parser.inline.ruler.before("backticks", "named_link", _find_named_link)
    parser.add_render_rule("text", _render_text)
    return parser


_MARKDOWN = _parser()
