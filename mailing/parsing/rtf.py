"""Read the text of RTF, or the HTML that Outlook wraps in it (MS-OXRTFEX).

Own code, which reads in one pass and never raises. Measured with what else there is:

- striprtf 0.0.35 does not unwrap HTML, reads Japanese wrongly where Word writes the second byte of
  a character as a letter, and has two expressions that take more than 15 s for 100 kB of unfinished
  hyperlinks or of fonts. Line ends before the braces would bound these, but not mend the rest.
- RTFDE 0.1.2 unwraps HTML, and only HTML, with a grammar: 25 s for 1 MB of small groups. It raises
  on such Japanese, on fonts without a charset and on RTF that is cut.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace

from mailing.parsing import charsets

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,9})?[ ]?|\\'([0-9a-fA-F]{2})|\\(.)"
    rb"|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
_TEXTS = {
    **dict.fromkeys((b"par", b"line", b"row", b"sect", b"page", b"\n", b"\r"), "\n"),
    **dict.fromkeys((b"tab", b"cell", b"nestcell"), "\t"),
    **{b"emdash": "\u2014", b"endash": "\u2013", b"bullet": "\u2022", b"~": "\xa0", b"_": "-"},
    **{b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d"},
    **{b"emspace": " ", b"enspace": " ", b"\\": "\\", b"{": "{", b"}": "}"},
}
# Groups that hold no text of the document; those of other names begin with "\*".
_DESTINATIONS = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl "
    b"footerr footerf footnote listtable listoverridetable fldinst filetbl revtbl rsidtbl "
    b"xmlnstbl themedata datastore nonshppict shpinst".split()
)
# The code pages of \fcharset (RTF 1.9.1, "Font Table"), where they differ from the document's.
_FONT_CODE_PAGES = {
    **{77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258},
    **{177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250},
}
_MAX_DEPTH = 10_000


@dataclass(slots=True)
class _Group:
    """What holds until the end of a group."""

    is_skipped: bool = False
    is_html_tag: bool = False
    is_html_replacement: bool = False  # RTF in place of an HTML tag, for readers of RTF
    is_font_table: bool = False
    codec: str = ""
    fallback_characters: int = 1  # how many follow each \u


@dataclass(slots=True)
class _Reader:
    group: _Group = field(default_factory=_Group)
    outer_groups: list[_Group] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    codec: str = "cp1252"
    font_codecs: dict[int, str] = field(default_factory=dict)
    font: int = 0
    is_html: bool = False
    to_skip: int = 0

    def read(self, source: bytes) -> None:
        position = 0
        while token := _TOKEN.match(source, position):
            position = token.end()
            word, number, hexadecimal, symbol, brace, text = token.groups()
            if brace:
                self._open_or_close(brace)
            elif word == b"bin":
                position += max(int(number or 0), 0)
            elif word:
                self._read_word(word, int(number) if number else None)
            elif symbol:
                self._read_symbol(symbol)
            elif hexadecimal:
                self._write_bytes(bytes.fromhex(hexadecimal.decode()), 1)
            elif text:
                self._write_bytes(text, len(text))
        self._flush()

    def _open_or_close(self, brace: bytes) -> None:
        self._flush()
        self.to_skip = 0
        if brace == b"{" and len(self.outer_groups) < _MAX_DEPTH:
            self.outer_groups.append(self.group)
            self.group = replace(self.group)
        elif brace == b"}" and self.outer_groups:
            self.group = self.outer_groups.pop()

    def _read_word(self, word: bytes, number: int | None) -> None:
        group = self.group
        if word == b"htmltag":
            group.is_skipped, group.is_html_tag = False, True
        elif word in _DESTINATIONS:
            group.is_skipped, group.is_font_table = True, word == b"fonttbl"
        elif word == b"htmlrtf":
            group.is_html_replacement = number != 0
        elif word == b"fromhtml":
            self.is_html = number != 0
        elif word == b"ansicpg" and number:
            self.codec = _find_codec(number)
        elif word == b"f" and group.is_font_table:
            self.font = number or 0
        elif word == b"fcharset" and group.is_font_table:
            if number in _FONT_CODE_PAGES and len(self.font_codecs) < _MAX_DEPTH:
                self.font_codecs[self.font] = _find_codec(_FONT_CODE_PAGES[number])
        elif word in (b"f", b"plain"):
            self._flush()
            group.codec = self.font_codecs.get(number or 0, "")
        elif word == b"uc":
            group.fallback_characters = min(max(number or 0, 0), 100)
        elif word == b"u" and number is not None:
            self._write(chr(number & 0xFFFF))
            self.to_skip = group.fallback_characters
        elif word in _TEXTS:
            self._write(_TEXTS[word])

    def _read_symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.group.is_skipped = True
        elif symbol in _TEXTS:
            if self.to_skip:
                self.to_skip -= 1
            else:
                self._write(_TEXTS[symbol])

    def _write_bytes(self, content: bytes, characters: int) -> None:
        skipped = min(self.to_skip, characters)
        self.to_skip -= skipped
        if self._is_shown():
            self.pending += content[skipped:]

    def _write(self, text: str) -> None:
        self._flush()
        if self._is_shown():
            self.output.append(text)

    def _flush(self) -> None:
        if self.pending:
            codec = self.group.codec or self.codec
            self.output.append(self.pending.decode(codec, "replace"))
            self.pending.clear()

    def _is_shown(self) -> bool:
        group = self.group
        is_replaced = self.is_html and group.is_html_replacement and not group.is_html_tag
        return not group.is_skipped and not is_replaced


def read_rtf(source: bytes) -> tuple[str, str]:
    """Return (text, HTML) of RTF: one of them, and "" for the other."""
    if not source.lstrip().startswith(b"{\\rtf"):
        return "", ""
    reader = _Reader()
    reader.read(source)
    # "\u" gives characters beyond U+FFFF as surrogates.
    joined = "".join(reader.output).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    joined = charsets.make_storable(joined)
    return ("", joined) if reader.is_html else (joined.strip(), "")


def _find_codec(code_page: int) -> str:
    name = "utf-8" if code_page == 65001 else f"cp{code_page}"
    name = "mac-roman" if code_page == 10000 else name
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
