"""Read the value and the parameters of a Content-Type or Content-Disposition, broken ones too.

RFC 2045 and 2231 say how they should look. Mail programs also write a comma or a blank for the
semicolon, leave quotes open, encode the whole value as encoded words (RFC 2047), and mix the forms
of RFC 2231 and 2047. Every function takes time proportional to its input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from mailing.parsing import charset_labels, charsets
from mailing.parsing.headers import decode_encoded_words

VALUE_CHARACTERS = 16_384
_MAX_PARAMETERS = 200
_USUAL_CHARACTERS = 60
# After a value that is not quoted, a comma or a blank separates only before one of these.
_KNOWN_NAME = (
    r"(?:file-?name|name|charset|boundary|size|format|delsp|type|start(?:-info)?|method|protocol"
    r"|micalg|report-type|smime-type|(?:creation|modification|read)-date|x-[a-z0-9-]{1,40})"
    r"(?:\*\d{0,3}\*?)?[ \t]*="
)
_WHOLE_IN_QUOTES = re.compile(r"""["'<]([^"'<>]{1,200})["'>]""")
_HEAD = re.compile(r'[^;,="]*')
# Some programs write a colon for the "=" of a file's name.
_ASSIGNMENT = re.compile(
    r'[;:,\s]*+(?:((?:file)?name)\s*:|"?([^\s=;,"]{1,100})"?\s*=)[ \t]*', re.IGNORECASE
)
_CLOSING_QUOTE = re.compile(
    rf'\\[\\"]|"(?=\s*+(?:[;,]|\Z)|\s++[(]|[\s,]*+{_KNOWN_NAME}|\s++[a-z*0-9-]{{1,40}}=)', re.I
)
_AFTER_OPEN_QUOTE = re.compile(r";\s*[a-z][a-z0-9*-]{0,60}\s*=", re.I)
_PLAIN_END = re.compile(rf"=\?[^?\s]{{1,60}}\?[bq]\?|;|(?<![\s,])[\s,]++(?={_KNOWN_NAME})", re.I)
_NEXT_PARAMETER = re.compile(rf";\s*+{_KNOWN_NAME}", re.I)
_COMMENT = re.compile(r"\s\([^()]*\)\s*$")
_SECTION = re.compile(r"(.+?)\*(\d{1,3})?(\*)?")
_EXTENDED = re.compile(r"([A-Za-z0-9_:.+-]{0,40})'([A-Za-z0-9-]{0,35})'", re.DOTALL)
_WITHOUT_LANGUAGE = re.compile(r"([A-Za-z0-9_:.+-]{2,40})(?:'(?=[^']*\Z)|\")", re.DOTALL)
_HIGH_BYTE_ESCAPE = re.compile(r"%[89A-Fa-f][0-9A-Fa-f]")
_QUOTES = {'"': '"', "'": "'", "`": "`", "<": ">", "\u201c": "\u201d", "\u201e": "\u201c"}
_NAMES_OF_FILES = ("filename", "name")
# Their values may have parentheses or "%" of their own.
_WITHOUT_COMMENTS = (*_NAMES_OF_FILES, "boundary")


def parse(value: str) -> tuple[str, Mapping[str, str]]:
    """Split a field into its value in lower case, "" when it has only parameters, and these.

    Of repeated parameters the first counts.
    """
    value = value[:VALUE_CHARACTERS].strip()
    # Most parts of most mail have one of a few fields, such as "text/html; charset=utf-8".
    return _parse_usual(value) if len(value) <= _USUAL_CHARACTERS else _parse(value)


def _parse(value: str) -> tuple[str, Mapping[str, str]]:
    if value.startswith(("=?", '"=?')):
        value = decode_encoded_words(value.strip('"'))
    if quoted := _WHOLE_IN_QUOTES.match(value):
        value = quoted[1] + value[quoted.end() :]
    head = _HEAD.match(value)
    position = head.end() if head else 0
    if value[position : position + 1] == "=":
        position = len(re.sub(r"[^\s:]+\s*\Z", "", value[:position]))
    raw = _read_assignments(value, position)
    names = dict.fromkeys(name.split("*")[0] for name in raw)
    return value[:position].strip().lower(), {name: _decode(name, raw) for name in names if name}


_parse_usual = lru_cache(maxsize=256)(_parse)


def is_damaged(name: str) -> bool:
    """Return whether characters of a file's name were lost to "?", "_" or a replacement mark."""
    stem = name.rpartition(".")[0] or name
    return "?" in name or "\ufffd" in name or not stem.strip("_ ")


def choose_name(names: list[str]) -> str:
    """Return the first of a file's names that is not damaged, else the first that is not empty.

    "Report.pdf" is better than "Report".
    """
    filled = [name for name in map(_strip_quotes, names) if name]
    best = next((name for name in filled if not is_damaged(name)), filled[0] if filled else "")
    return next((name for name in filled if name.rpartition(".")[0] == best), best)


def _strip_quotes(name: str) -> str:
    name = name.strip()
    while len(name) > 1 and _QUOTES.get(name[0]) == name[-1]:
        name = name[1:-1].strip()
    return name.strip('"')


def _read_assignments(value: str, position: int) -> dict[str, str]:
    """Return the parameters from a position on, with their names in lower case, not decoded."""
    raw: dict[str, str] = {}
    has_encoded_end = True
    for _ in range(_MAX_PARAMETERS):
        if has_encoded_end and value.startswith(
            "=?", position + _count_separators(value, position)
        ):
            # A parameter as encoded words, its name included.
            value, position, has_encoded_end = decode_encoded_words(value[position:]), 0, False
        assignment = _ASSIGNMENT.match(value, position)
        if assignment:
            name = (assignment[1] or assignment[2]).strip("'").lower()
            name = "filename" if name == "file-name" else name
            text, position = _read_text(value, assignment.end())
            may_have_comment = name.split("*")[0] not in _WITHOUT_COMMENTS
            raw[name] = raw.get(name) or (_COMMENT.sub("", text) if may_have_comment else text)
        else:
            position = value.find(";", position + 1)
            if position < 0:
                break
    return raw


def _count_separators(value: str, position: int) -> int:
    separators = re.compile(r"[;,\s]*").match(value, position)
    return separators.end() - position if separators else 0


def _read_text(value: str, position: int) -> tuple[str, int]:
    """Return the text that begins at a position without its quotes, and where it ends."""
    if not value.startswith('"', position):
        rest = value[position:]
        end = _find_plain_end(rest)
        return rest[:end].strip(), position + end
    for quote in _CLOSING_QUOTE.finditer(value, position + 1):
        if quote[0] == '"':
            # Only these two are escaped: others are the backslashes of a path in Windows.
            text = re.sub(r'\\([\\"])', r"\1", value[position + 1 : quote.start()])
            return text, quote.end()
    after = _AFTER_OPEN_QUOTE.search(value, position + 1)
    end = after.start() if after else len(value)
    return value[position + 1 : end].strip().strip('"'), end


def _find_plain_end(value: str) -> int:
    """Return where a value that is not quoted ends; encoded words may hold any character."""
    position = 0
    while end := _PLAIN_END.search(value, position):
        if not end[0].startswith("=?"):
            return end.start()
        word_end = value.find("?=", end.end())
        cut = _NEXT_PARAMETER.search(value, end.end(), word_end if word_end >= 0 else len(value))
        if cut or word_end < 0:
            # An encoded word that continues in the next parameter, or has no end.
            semicolon = value.find(";", end.end()) if not cut else cut.start()
            return semicolon if semicolon >= 0 else len(value)
        position = word_end + 2
    return len(value)


def _decode(name: str, raw: dict[str, str]) -> str:
    """Return a parameter in the best of the forms that the field has it in."""
    if name == "boundary" and name in raw:
        return raw[name]
    extended = [(raw[f"{name}*"], True)] if f"{name}*" in raw else _find_sections(name, raw)
    forms = [_decode_sections(extended)] if extended else []
    if name in raw:
        forms.append(_decode_sections([(raw[name], False)]))
    if name in _NAMES_OF_FILES:
        return choose_name(forms)
    return forms[0] if forms else ""  # a star that is followed by no number, as in "c*harset"


def _find_sections(name: str, raw: dict[str, str]) -> list[tuple[str, bool]]:
    """Return the continuations of a parameter in order, and whether each is percent-encoded.

    They count from 0 (RFC 2231, 3), but some programs count from 1.
    """
    sections: dict[int, tuple[str, bool]] = {}
    for key, text in raw.items():
        section = _SECTION.fullmatch(key)
        if section and section[1] == name and section[2]:
            sections.setdefault(int(section[2]), (text, bool(section[3])))
    return [sections[index] for index in sorted(sections)]


def _decode_sections(sections: list[tuple[str, bool]]) -> str:
    charset, language_end = _find_charset(*sections[0])
    sections = [
        (sections[0][0][language_end:], sections[0][1] or bool(language_end)),
        *sections[1:],
    ]
    is_extended = sections[0][1]
    data, escaped = b"", ""
    for text, is_escaped in sections:
        if is_escaped or (is_extended and _HIGH_BYTE_ESCAPE.search(text)):
            # Joined before they are decoded: an escape may be cut in two.
            escaped += text.removeprefix(f"{charset}''") if charset else text
            continue
        data, escaped = data + unquote_to_bytes(escaped), ""
        data += text.encode("utf-8", "replace")
    decoded = charsets.decode(data + unquote_to_bytes(escaped), charset)
    return _decode_within(decoded) if "=?" in decoded or not is_extended else decoded


def _find_charset(text: str, is_escaped: bool) -> tuple[str, int]:
    """Return the charset at the start of an extended value, and where the value begins.

    The apostrophes may belong to the name: then no charset that we know precedes them.
    """
    extended = _EXTENDED.match(text)
    if extended:
        is_known = bool(charset_labels.find_codec(extended[1]))
        if is_known or (is_escaped and (not extended[1] or not extended[2])):
            return extended[1], extended.end()
    one_quote = _WITHOUT_LANGUAGE.match(text) if is_escaped else None
    if one_quote and charset_labels.find_codec(one_quote[1]):
        return one_quote[1], one_quote.end()
    return "", 0


def _decode_within(text: str) -> str:
    """Decode encoded words, also twice, then the form of RFC 2231 where a star is missing."""
    text = decode_encoded_words(decode_encoded_words(text))
    charset, start = _find_charset(text, is_escaped=False)
    if start:
        return charsets.decode(unquote_to_bytes(text[start:]), charset)
    if _HIGH_BYTE_ESCAPE.search(text):
        try:
            return charsets.make_storable(unquote_to_bytes(text).decode("utf-8"))
        except UnicodeDecodeError:
            return text
    return text
