"""Tell what a person wrote from what the mail program quoted and from the signature.

Lines are sorted into kinds once, each looked at a bounded number of times; then one pass decides
what each stretch of lines is. Nothing is cut: the segments cover the text. In doubt a line is the
person's own, because a quotation left standing costs less than words that nobody reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tickets.quotes.lines import Kind, sort_lines
from tickets.quotes.signatures import is_signature

SegmentKind = Literal["reply", "quoted", "signature"]

_SIGNATURE_LINES: Final = 41
# "I ran:" and a few lines of output that begin with ">".
_SHOWN_LINES: Final = 5
# Gmail's extensions leave such characters where a line looks empty.
_INVISIBLE: Final = " \t\r\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u1427"
_MARKED: Final = (Kind.QUOTE, Kind.ATTRIBUTION)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a text: characters from `start` up to, not including, `end`."""

    kind: SegmentKind
    start: int
    end: int


def split(text: str) -> tuple[Segment, ...]:
    """Return what each part of a mail's text is.

    text: as a person reads it, with "\\n" or "\\r\\n" line ends. The segments are in order, cover
    the text without gap or overlap, and neighbours differ in kind; an empty text has none. Takes
    time in proportion to the length of the text, whatever is in it. Never raises.

    "quoted" is an attribution, banner or header block with the mail below it, or lines marked
    with ">" that nothing of the person's own follows. Lines marked with ">" that are answered
    one by one stay part of the reply, which could not be understood without them. Where nothing
    but a quotation or a forward is left, it is the reply.
    """
    lines: list[str] = []
    starts: list[int] = []
    gaps: list[bool] = []
    at = 0
    is_apart = False
    for line in text.split("\n"):
        if not line or (len(line) < 80 and not line.strip(_INVISIBLE)) or line.isspace():
            is_apart = True
        else:
            lines.append(line)
            starts.append(at)
            gaps.append(is_apart)
            is_apart = False
        at += len(line) + 1
    return _segments(_meanings(lines, gaps), starts, len(text))


def _segments(
    meant: Sequence[SegmentKind], starts: Sequence[int], length: int
) -> tuple[Segment, ...]:
    """Join neighbours of one meaning; blank lines go with what is above them."""
    if not meant:
        return (Segment("reply", 0, length),) if length else ()
    firsts = [at for at in range(1, len(meant)) if meant[at] != meant[at - 1]]
    bounds = [0, *(starts[at] for at in firsts), length]
    return tuple(
        Segment(meant[first], start, end)
        for first, start, end in zip([0, *firsts], bounds[:-1], bounds[1:], strict=True)
    )


def _meanings(lines: Sequence[str], gaps: Sequence[bool]) -> list[SegmentKind]:
    kinds = sort_lines(lines, gaps)
    cut = _first_cut(kinds)
    _mark_signatures(lines, kinds, cut)
    meant = _body(lines, kinds[:cut])
    if 0 < cut < len(kinds) and kinds[cut - 1] is Kind.RULE:
        # The rule above an Outlook header belongs to it.
        meant[-1] = "quoted"
    meant.extend(["quoted"] * (len(kinds) - cut))
    _make_readable(kinds, meant)
    return meant


def _first_cut(kinds: Sequence[Kind]) -> int:
    """Return the line from which everything is the mail that is answered or forwarded."""
    written = False
    for at, kind in enumerate(kinds):
        if kind is Kind.TEXT or kind is Kind.CODE:
            written = True
        elif kind is Kind.BANNER or kind is Kind.HEADER:
            return at
        elif kind is Kind.ATTRIBUTION and written:
            below = at + 1
            if below == len(kinds) or kinds[below] not in _MARKED:
                while kinds[at - 1] is Kind.ATTRIBUTION:
                    at -= 1
                return at
    return len(kinds)


def _mark_signatures(lines: Sequence[str], kinds: list[Kind], cut: int) -> None:
    """Give a rule and the lines below it, up to the next quotation, to the signature."""
    # Of each line: the next one at which a quotation or the end stands.
    ends = [cut] * (cut + 1)
    for at in range(cut - 1, -1, -1):
        ends[at] = at if kinds[at] in _MARKED else ends[at + 1]
    among_rules = False
    at = 0
    while at < cut:
        end = ends[at]
        if (
            kinds[at] is Kind.RULE
            and end - at <= _SIGNATURE_LINES
            and not (end == at + 1 and end == cut < len(kinds))
            and is_signature(lines[at:end], among_rules=among_rules)
        ):
            kinds[at:end] = [Kind.SIGNATURE] * (end - at)
            at = end
        else:
            among_rules = among_rules or kinds[at] is Kind.RULE
            at += 1


def _body(lines: Sequence[str], kinds: Sequence[Kind]) -> list[SegmentKind]:
    """Return the meanings above the cut, where marked lines stand among the person's own."""
    meant: list[SegmentKind] = [_MEANINGS.get(kind, "reply") for kind in kinds]
    stretches = _quotations(kinds)
    answered = [one for one in stretches if one.is_answered]
    trailing = [one for one in stretches if not one.is_answered]
    inline = len(answered) > 1 or any(not one.is_attributed for one in trailing)
    for one in stretches:
        if one.is_answered:
            is_quoted = one.is_attributed and not inline
        else:
            is_quoted = one.is_attributed or not _is_shown(lines, kinds, one)
        for at in range(one.start, one.end):
            if is_quoted and kinds[at] is Kind.QUOTE:
                meant[at] = "quoted"
    return meant


_MEANINGS: Final[dict[Kind, SegmentKind]] = {
    Kind.ATTRIBUTION: "quoted",
    Kind.DEVICE: "signature",
    Kind.SIGNATURE: "signature",
}


@dataclass(slots=True)
class _Quotation:
    """Marked lines with none of the person's own between."""

    start: int
    end: int
    is_attributed: bool
    is_answered: bool = False


def _quotations(kinds: Sequence[Kind]) -> list[_Quotation]:
    found: list[_Quotation] = []
    is_open = is_attributed = False
    for at, kind in enumerate(kinds):
        if kind is Kind.ATTRIBUTION:
            is_attributed = True
        elif kind is Kind.QUOTE:
            if not is_open:
                found.append(_Quotation(at, at, is_attributed))
                is_open = True
            found[-1].end = at + 1
        elif kind is not Kind.DEVICE and kind is not Kind.SIGNATURE:
            is_open = is_attributed = False
            if found:
                found[-1].is_answered = True
    return found


def _is_shown(lines: Sequence[str], kinds: Sequence[Kind], one: _Quotation) -> bool:
    """Whether the person's own line introduces the marked ones: output of a program, a saying."""
    above = one.start - 1
    if above < 0 or kinds[above] is not Kind.TEXT or one.end - one.start > _SHOWN_LINES:
        return False
    return lines[above].rstrip().endswith((":", "："))


def _make_readable(kinds: Sequence[Kind], meant: list[SegmentKind]) -> None:
    """Where nothing is left as reply, call the quotation, or at last the signature, the reply."""
    for instead in ("quoted", "signature"):
        if any(
            meaning == "reply" and kind is not Kind.RULE
            for meaning, kind in zip(meant, kinds, strict=True)
        ):
            return
        meant[:] = ["reply" if meaning == instead else meaning for meaning in meant]
