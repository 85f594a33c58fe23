"""Which leaves of a message are its body, and the text in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailing.parsing import charsets, headers, html_to_text, mime
from mailing.parsing.limits import Budget, LimitExceeded
from mailing.parsing.mime import Node

TEXT_CHARACTERS = 1_000_000
HTML_CHARACTERS = 2_000_000
_BODY_BYTES = 8_000_000

_MESSAGES = 50

_ATTACHED = ("attachment",)
_ICS_FIELDS = ("summary", "dtstart", "dtend", "location", "organizer", "description")


@dataclass(slots=True, repr=False)
class Body:
    """The text to read, the HTML as it came, and the leaves they came from."""

    text: str = ""
    html: str = ""
    used: list[Node] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to read."""
        return not self.html and not self.text.strip()


def choose(data: bytes, root: Node, budget: Budget) -> Body:
    """Choose the body: text, or HTML as text, and only for want of both a text with a file's name,
    a calendar entry or the text of an attached message."""
    body = _of(data, root, budget, is_root=True)
    if body.is_blank:
        instead = _last_resort(data, root, budget)
        body = Body(instead.text, instead.html, body.used)
    body.text = body.text[:TEXT_CHARACTERS]
    body.html = body.html[:HTML_CHARACTERS]
    return body


def _of(data: bytes, part: Node, budget: Budget, *, is_root: bool = False) -> Body:
    """The body of one part; recursion is bounded by the depth limit of the structure."""
    budget.check_time()
    if not part.children:
        return _of_leaf(data, part, budget, is_root=is_root)
    kind = part.type
    if kind == "multipart/alternative":
        return _best([_of(data, child, budget) for child in part.children])
    if kind == "multipart/related":
        return _related(data, part, budget)
    if kind in ("multipart/signed", "multipart/report", "multipart/appledouble"):
        return _of(data, part.children[0], budget)
    return _joined([_of(data, child, budget) for child in part.children])


def _best(bodies: list[Body]) -> Body:
    """Of alternatives the text, unless it is empty; the HTML is kept beside it."""
    text = next((body for body in bodies if body.text.strip() and not body.html), None)
    rich = next((body for body in reversed(bodies) if body.html), None)
    used = [leaf for body in bodies if body in (text, rich) or body.is_blank for leaf in body.used]
    return Body(text.text if text else rich.text if rich else "", rich.html if rich else "", used)


def _related(data: bytes, part: Node, budget: Budget) -> Body:
    start = part.parameters.get("start", "").strip("<> ")
    for child in part.children:
        if start and headers.first(child.fields, "content-id").strip("<> ") == start:
            return _of(data, child, budget)
    bodies = (_of(data, child, budget) for child in part.children)
    return next((body for body in bodies if body.used), Body())


def _joined(bodies: list[Body]) -> Body:
    """Of mixed parts all inline texts: Apple Mail puts text before and after an image, mailing
    lists and scanners append a footer."""
    said: list[Body] = []
    plain = {_words(body.text) for body in bodies if not body.html}
    for body in bodies:
        # Some programs give the text and its HTML as mixed parts: it is said once.
        if body.html and _words(body.text) in plain:
            said.append(Body("", body.html))
        elif not body.is_blank:
            said.append(body)
    return Body(
        "\n\n".join(body.text.strip("\n") for body in said if body.text.strip()),
        "\n".join(body.html for body in said if body.html),
        [leaf for body in bodies for leaf in body.used],
    )


def _words(text: str) -> str:
    return " ".join(text.split())


def _of_leaf(data: bytes, part: Node, budget: Budget, *, is_root: bool) -> Body:
    attached = part.disposition in _ATTACHED or (part.filename and part.disposition != "inline")
    if attached and not is_root:
        return Body()
    if part.type in ("text/html", "application/xhtml+xml"):
        source = decoded(data, part)[: max(HTML_CHARACTERS - budget.html_characters, 0)]
        budget.html_characters += len(source)
        return Body(html_to_text.to_text(source), source, [part])
    plain = part.type in ("text/plain", "text/enriched", "text/richtext", "text/x-markdown")
    if plain or part.type.startswith("multipart/"):
        return Body(_plain(data, part), "", [part])
    return Body()


def decoded(data: bytes, part: Node) -> str:
    """Return a text leaf's payload as text with "\\n" line ends; at most 8 MB of it are read."""
    raw = mime.payload(data, part)[:_BODY_BYTES]
    label = part.parameters.get("charset", "")
    if part.type == "text/html" and not charsets.find_codec(label):
        found = re.search(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", raw[:4_096])
        label = found[1].decode("ascii") if found else ""
    text = charsets.decode(raw, label)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _plain(data: bytes, part: Node) -> str:
    text = decoded(data, part)
    if part.type in ("text/enriched", "text/richtext"):
        # RFC 1896: "<<" is a literal "<", commands stand in angle brackets.
        text = re.sub(r"<param>[^<]*</param>|<[^<>]{0,200}>", "", text.replace("<<", "&lt;"))
        text = text.replace("&lt;", "<")
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    return text.strip("\n")


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join the flowed lines of text/plain; format=flowed (RFC 3676, 4.1 to 4.5)."""
    paragraphs: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        flowed = content.endswith(" ") and content != "-- "
        if delete_space and flowed:
            content = content[:-1]
        if open_depth == depth and content != "-- ":
            paragraphs[-1].append(content)
        else:
            paragraphs.append([">" * depth + " " if depth else "", content])
        open_depth = depth if flowed else -1
    return "\n".join("".join(pieces).rstrip(" ") for pieces in paragraphs)


def _last_resort(data: bytes, root: Node, budget: Budget) -> Body:
    leaves = list(mime.leaves(root))
    for leaf in leaves:
        # Not said to be attached: some scanners and phones give the text itself a name.
        if leaf.type in ("text/plain", "text/html") and leaf.disposition not in _ATTACHED:
            named = _of_leaf(data, leaf, budget, is_root=True)
            if not named.is_blank:
                return named
    calendar = next((leaf for leaf in leaves if leaf.type == "text/calendar"), None)
    if calendar:
        return Body(_calendar(decoded(data, calendar)))
    messages = [leaf for leaf in leaves if leaf.type in ("message/rfc822", "message/global")]
    inner = [_of_message(mime.payload(data, leaf), budget) for leaf in messages[:_MESSAGES]]
    return _joined([body for body in inner if not body.is_blank])


def _of_message(payload: bytes, budget: Budget) -> Body:
    """The body of an attached message; one attached to it in turn is not looked into."""
    data = mime.normalise_line_ends(payload[:_BODY_BYTES])
    fields, offset = headers.split(data)
    part = mime.node(fields, offset, len(data))
    try:
        mime.read(data, part, budget)
        body = _of(data, part, budget, is_root=True)
    except LimitExceeded:
        return Body()
    return Body(body.text, body.html)


def _calendar(source: str) -> str:
    """The lines of an iCalendar entry that a reader needs (RFC 5545, 3.1 and 3.8)."""
    found: dict[str, str] = {}
    for line in source.replace("\n ", "").replace("\n\t", "").split("\n")[:2_000]:
        name, colon, value = line.partition(":")
        name = name.split(";")[0].strip().lower()
        if colon and name in _ICS_FIELDS:
            found.setdefault(name, re.sub(r"\\([,;\\])", r"\1", value.replace("\\n", "\n")))
    return "\n".join(f"{name.upper()}: {found[name]}" for name in _ICS_FIELDS if name in found)
