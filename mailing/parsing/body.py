"""Choose the leaves of a message that are its body, and read their text."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from mailing.parsing import (
    data_images,
    encoded_multiparts,
    headers,
    hidden_html,
    html_to_text,
    image_references,
    mime,
    part_text,
    smime,
    structure,
    substitutes,
)
from mailing.parsing.limits import Budget, LimitExceeded
from mailing.parsing.mime import MimePart

TEXT_CHARACTERS = 1_000_000
HTML_CHARACTERS = 2_000_000
_MESSAGE_TYPES = ("message/rfc822", "message/global", "message/partial")
_ATTACHED_MESSAGES = 50
_ATTACHED_DEPTH = 3
# The description of an image, as html_to_text writes it.
_IMAGE_TEXT = re.compile(r"\[[^\[\]\n]*\]")
_IMAGE = re.compile(r"<img\b", re.IGNORECASE)


@dataclass(repr=False)
class Body:
    """The text to read, the HTML, and the leaves that both came from.

    plain: the text, None if it is to be made of the HTML.
    inner_images: those that the HTML shows of attached messages, with the bytes of the message.

    The HTML is as it came, but for references in place of the images within it.
    """

    plain: str | None = ""
    html: str = ""
    leaves: list[MimePart] = field(default_factory=list)
    inner_images: list[tuple[bytes, MimePart]] = field(default_factory=list)

    @cached_property
    def text(self) -> str:
        """The text, which is made of HTML only when asked for: mostly there is a plain one, too."""
        return html_to_text.convert(self.html) if self.plain is None else self.plain

    @property
    def is_blank(self) -> bool:
        """Whether it has nothing: no words, and no HTML that might show an image."""
        return not self.html and not self.text.strip()

    @property
    def has_words(self) -> bool:
        """Whether there is more to read than the descriptions of images."""
        return hidden_html.has_visible(_IMAGE_TEXT.sub("", self.text))


def choose_body(data: bytes, root: MimePart, budget: Budget) -> Body:
    """Choose a message's body: its text, or its HTML as text.

    When these have no words: a text with a file's name, the body in a winmail.dat, a calendar
    entry, the text of attached messages, or why there is none. Raises LimitExceeded.
    """
    body = _choose(data, root, budget, depth=0)
    body.text = body.text[:TEXT_CHARACTERS]
    body.html = body.html[:HTML_CHARACTERS]
    return body


def _choose(data: bytes, root: MimePart, budget: Budget, *, depth: int) -> Body:
    body = _read_part(data, root, budget, is_root=True)
    if body.has_words:
        return body
    substitute = _find_substitute(data, root, budget, depth)
    if not substitute.text.strip():
        # Hidden words are better than none.
        body.text = body.text or html_to_text.convert(body.html, with_hidden=True)
        return body
    if not _IMAGE.search(body.html):  # HTML that shows nothing
        return replace(substitute, leaves=body.leaves)
    return replace(_join_mixed([body, substitute]), leaves=body.leaves)


def _read_part(data: bytes, part: MimePart, budget: Budget, *, is_root: bool = False) -> Body:
    """Return the body of one part; recursion is bounded by the depth limit of the structure."""
    budget.check_time()
    if not part.children:
        return _read_leaf(data, part, budget, is_root=is_root)
    if part.type == "multipart/alternative":
        return _merge_alternatives([_read_part(data, child, budget) for child in part.children])
    if part.type == "multipart/related":
        return _read_related(data, part, budget)
    if part.type in ("multipart/signed", "multipart/report", "multipart/appledouble"):
        return _read_part(data, part.children[0], budget)
    return _join_mixed([_read_part(data, child, budget) for child in part.children])


def _merge_alternatives(bodies: list[Body]) -> Body:
    """Return the plain text of the alternatives, or the HTML's if it is empty, and the HTML."""
    plain = next((body for body in bodies if not body.html and body.text.strip()), None)
    rich = next((body for body in reversed(bodies) if body.html), None)
    chosen = [body for body in (plain, rich) if body]
    leaves = [leaf for body in bodies if body in chosen or body.is_blank for leaf in body.leaves]
    return Body(chosen[0].text if chosen else "", rich.html if rich else "", leaves)


def _read_related(data: bytes, part: MimePart, budget: Budget) -> Body:
    start = part.parameters.get("start", "").strip("<> ")
    for child in part.children:
        if start and headers.first_value(child.fields, "content-id").strip("<> ") == start:
            return _read_part(data, child, budget)
    bodies = (_read_part(data, child, budget) for child in part.children)
    return next((body for body in bodies if body.leaves), Body())


def _join_mixed(bodies: list[Body]) -> Body:
    """Join all inline texts of mixed parts, in the HTML too if one of them has HTML.

    Apple Mail puts text before and after an image; mailing lists and scanners append a footer.
    """
    kept: list[Body] = []
    plain_texts = {_collapse_blanks(body.text) for body in bodies if not body.html}
    html_texts = {_collapse_blanks(body.text) for body in bodies if body.html}
    for body in bodies:
        # Some programs send the text and its HTML as mixed parts: the text is kept once.
        if body.html and _collapse_blanks(body.text) in plain_texts:
            kept.append(Body("", body.html))
        elif not body.is_blank:
            is_in_html = _collapse_blanks(body.text) in html_texts
            source = body.html or ("" if is_in_html else _wrap_in_html(body.text))
            kept.append(Body(body.text, source))
    return Body(
        "\n\n".join(body.text.strip("\n") for body in kept if body.text.strip()),
        "\n".join(body.html for body in kept if body.html) if html_texts else "",
        [leaf for body in bodies for leaf in body.leaves],
        [image for body in bodies for image in body.inner_images],
    )


def _wrap_in_html(text: str) -> str:
    """Return plain text as HTML with its line breaks."""
    return f'<div style="white-space:pre-wrap">{html.escape(text[:TEXT_CHARACTERS])}</div>'


def _collapse_blanks(text: str) -> str:
    return " ".join(text.split())


def _read_leaf(data: bytes, leaf: MimePart, budget: Budget, *, is_root: bool) -> Body:
    is_file = leaf.disposition == "attachment" or (leaf.filename and leaf.disposition != "inline")
    if (is_file and not is_root) or leaf.is_binary:
        return Body()
    # A mail that is nothing but a text with a file's name is read, and a file, too.
    leaves = [] if is_file and leaf.filename else [leaf]
    if leaf.type in ("text/html", "application/xhtml+xml"):
        content, images = data_images.take_images(mime.decode_content(data, leaf))
        leaf.may_have_files = bool(images)
        source = part_text.decode(content[: part_text.TEXT_BYTES], leaf)
        source = source[: max(HTML_CHARACTERS - budget.html_characters, 0)]
        budget.html_characters += len(source)
        return Body(None, source, leaves)
    is_plain = leaf.type in ("text/plain", "text/enriched", "text/richtext", "text/x-markdown")
    if is_plain or leaf.type.startswith("multipart/"):
        return Body(_read_plain_text(data, leaf), "", leaves)
    if is_root and leaf.type.startswith("text/") and leaf.type != "text/calendar":
        # A subtype that we do not know is read as plain text (RFC 2046, 4.1.4).
        return Body(_read_plain_text(data, leaf))
    return Body()


def _read_plain_text(data: bytes, leaf: MimePart) -> str:
    content = mime.decode_content(data, leaf)
    leaf.may_have_files = b"begin" in content  # as a uuencoded block does
    text = part_text.decode(content[: part_text.TEXT_BYTES], leaf)
    if leaf.type in ("text/enriched", "text/richtext"):
        # RFC 1896: "<<" is a literal "<", commands are in angle brackets.
        text = re.sub(r"<param>[^<]*</param>|<[^<>]{0,200}>", "", text.replace("<<", "&lt;"))
        text = text.replace("&lt;", "<")
    if leaf.parameters.get("format", "").lower() == "flowed":
        text = _unflow(text, delete_space=leaf.parameters.get("delsp", "").lower() == "yes")
    return hidden_html.remove_fillers(text).strip("\n")


def _unflow(text: str, *, delete_space: bool = False) -> str:
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


def _find_substitute(data: bytes, root: MimePart, budget: Budget, depth: int) -> Body:
    leaves = list(mime.iter_leaves(root))
    for leaf in leaves:
        # Without "attachment": some scanners and phones give the text itself a name.
        is_text = leaf.type in ("text/plain", "text/html") and not substitutes.is_calendar(leaf)
        if is_text and leaf.disposition != "attachment":
            named_text = _read_leaf(data, leaf, budget, is_root=True)
            if named_text.has_words:
                return named_text
    text, source = substitutes.read_enclosed(data, leaves, budget)
    if text.strip():
        return Body(text, source[:HTML_CHARACTERS])
    messages = [
        leaf
        for leaf in leaves
        if leaf.type in _MESSAGE_TYPES or leaf.filename.lower().endswith(".eml")
    ]
    bodies = [
        _read_attached_message(mime.decode_content(data, leaf), budget, depth + 1)
        for leaf in messages[: _ATTACHED_MESSAGES if depth < _ATTACHED_DEPTH else 0]
    ]
    joined = _join_mixed([body for body in bodies if not body.is_blank])
    return Body(substitutes.describe_unreadable(data, leaves)) if joined.is_blank else joined


def _read_attached_message(raw: bytes, budget: Budget, depth: int) -> Body:
    """Return the body of an attached message."""
    data = mime.normalize_line_ends(raw[: part_text.TEXT_BYTES])
    fields, offset = headers.parse_fields(data)
    root = mime.describe_part(fields, offset, len(data))
    try:
        structure.parse_parts(data, root, budget)
        data = encoded_multiparts.open_encoded_multiparts(data, root, budget)
        data = smime.open_signed_parts(data, root, budget)
        body = _choose(data, root, budget, depth=depth)
    except LimitExceeded:
        return Body()
    html = image_references.link_images(body.html, root, body.leaves, f"message{budget.parts}")
    shown = image_references.find_shown_content_ids(html)
    # A part at the end of a message that was cut is not whole.
    whole = [leaf for leaf in mime.iter_leaves(root) if leaf.end < part_text.TEXT_BYTES]
    images = [(data, leaf) for leaf in whole if leaf.content_id in shown]
    return Body(body.text, html, inner_images=body.inner_images + images)
