"""Split a mail's text into the person's own words, quoted text and signature.

First each line gets a kind, looked at a bounded number of times; then one pass turns the kinds into
segments. Nothing is cut: the segments cover the text. In doubt a line belongs to the person's own
words, because showing a quotation costs less than hiding words that somebody wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tickets.quotes.lines import LineKind, classify_lines
from tickets.quotes.signatures import is_signature

SegmentKind = Literal["reply", "quoted", "signature"]

_SIGNATURE_LINES = 41
# "I ran:" and a few lines of output that begin with ">".
_INTRODUCED_LINES = 5
# Gmail's extensions leave such characters in lines that look empty.
_INVISIBLE = " \t\r\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u1427"
_QUOTATION_KINDS = (LineKind.QUOTE, LineKind.ATTRIBUTION)
# A line of another kind belongs to the reply, unless what follows decides otherwise.
_SEGMENT_KINDS: dict[LineKind, SegmentKind] = {
    LineKind.ATTRIBUTION: "quoted",
    LineKind.DEVICE: "signature",
    LineKind.SIGNATURE: "signature",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a text: characters from `start` up to, not including, `end`."""

    kind: SegmentKind
    start: int
    end: int


def split_segments(text: str) -> tuple[Segment, ...]:
    """Return the segments of a mail's text.

    text: as a person reads it, with "\\n" or "\\r\\n" line ends. The segments are in order, cover
    the text without gap or overlap, and neighbours differ in kind; an empty text has none. Takes
    time in proportion to the length of the text, whatever is in it. Never raises.

    "quoted" is an attribution, banner or header block with the mail below it, or lines marked
    with ">" that no words of the person's own follow. Lines marked with ">" that are answered
    point by point stay part of the reply, which could not be understood without them. A text that
    is only a quotation or a forward is the reply as a whole.
    """
    lines: list[str] = []
    starts: list[int] = []
    gaps: list[bool] = []
    position = 0
    is_apart = False
    for line in text.split("\n"):
        if not line or (len(line) < 80 and not line.strip(_INVISIBLE)) or line.isspace():
            is_apart = True
        else:
            lines.append(line)
            starts.append(position)
            gaps.append(is_apart)
            is_apart = False
        position += len(line) + 1
    return _join_lines(_segment_kinds(lines, gaps), starts, len(text))


def _join_lines(
    kinds: Sequence[SegmentKind], starts: Sequence[int], length: int
) -> tuple[Segment, ...]:
    """Join neighbouring lines of one kind; blank lines go with the lines above them."""
    if not kinds:
        return (Segment("reply", 0, length),) if length else ()
    firsts = [at for at in range(1, len(kinds)) if kinds[at] != kinds[at - 1]]
    bounds = [0, *(starts[at] for at in firsts), length]
    return tuple(
        Segment(kinds[first], start, end)
        for first, start, end in zip([0, *firsts], bounds[:-1], bounds[1:], strict=True)
    )


def _segment_kinds(lines: Sequence[str], gaps: Sequence[bool]) -> list[SegmentKind]:
    """Return for each line the kind of segment that it belongs to."""
    kinds = classify_lines(lines, gaps)
    cut = _first_quoted_line(kinds)
    _mark_signatures(lines, kinds, cut)
    segment_kinds = _segment_kinds_above_cut(lines, kinds[:cut])
    if 0 < cut < len(kinds) and kinds[cut - 1] is LineKind.RULE:
        # The rule above an Outlook header belongs to it.
        segment_kinds[-1] = "quoted"
    segment_kinds.extend(["quoted"] * (len(kinds) - cut))
    _ensure_reply(kinds, segment_kinds)
    return segment_kinds


def _first_quoted_line(kinds: Sequence[LineKind]) -> int:
    """Return the line at which the answered or forwarded mail begins, and reaches to the end."""
    has_own_words = False
    for at, kind in enumerate(kinds):
        if kind is LineKind.TEXT or kind is LineKind.CODE:
            has_own_words = True
        elif kind is LineKind.BANNER or kind is LineKind.HEADER:
            return at
        elif kind is LineKind.ATTRIBUTION and has_own_words:
            below = at + 1
            if below == len(kinds) or kinds[below] not in _QUOTATION_KINDS:
                while kinds[at - 1] is LineKind.ATTRIBUTION:
                    at -= 1
                return at
    return len(kinds)


def _mark_signatures(lines: Sequence[str], kinds: list[LineKind], cut: int) -> None:
    """Mark a rule and the lines below it, up to the next quotation, where they are a signature."""
    # For each line, the next line at which a quotation or the end is.
    ends = [cut] * (cut + 1)
    for at in range(cut - 1, -1, -1):
        ends[at] = at if kinds[at] in _QUOTATION_KINDS else ends[at + 1]
    among_rules = False
    at = 0
    while at < cut:
        end = ends[at]
        is_rule_above_header = end == at + 1 and end == cut < len(kinds)
        if (
            kinds[at] is LineKind.RULE
            and end - at <= _SIGNATURE_LINES
            and not is_rule_above_header
            and is_signature(lines[at:end], among_rules=among_rules)
        ):
            kinds[at:end] = [LineKind.SIGNATURE] * (end - at)
            at = end
        else:
            among_rules = among_rules or kinds[at] is LineKind.RULE
            at += 1


@dataclass(slots=True)
class _MarkedLines:
    """Lines marked with ">" without the person's own words between them."""

    start: int
    end: int
    is_attributed: bool  # an attribution is above
    is_answered: bool = False  # the person's own words are below


def _segment_kinds_above_cut(lines: Sequence[str], kinds: Sequence[LineKind]) -> list[SegmentKind]:
    """Return the kinds of segments above the cut, where a quotation may be between own words."""
    segment_kinds: list[SegmentKind] = [_SEGMENT_KINDS.get(kind, "reply") for kind in kinds]
    stretches = _find_marked_lines(kinds)
    answered = [marked for marked in stretches if marked.is_answered]
    trailing = [marked for marked in stretches if not marked.is_answered]
    # Answered point by point: more than one stretch is answered, or one at the end is unannounced.
    is_inline = len(answered) > 1 or any(not marked.is_attributed for marked in trailing)
    for marked in stretches:
        if marked.is_answered:
            is_quoted = marked.is_attributed and not is_inline
        else:
            is_quoted = marked.is_attributed or not _is_introduced(lines, kinds, marked)
        for at in range(marked.start, marked.end):
            if is_quoted and kinds[at] is LineKind.QUOTE:
                segment_kinds[at] = "quoted"
    return segment_kinds


def _find_marked_lines(kinds: Sequence[LineKind]) -> list[_MarkedLines]:
    stretches: list[_MarkedLines] = []
    is_open = is_attributed = False
    for at, kind in enumerate(kinds):
        if kind is LineKind.ATTRIBUTION:
            is_attributed = True
        elif kind is LineKind.QUOTE:
            if not is_open:
                stretches.append(_MarkedLines(at, at, is_attributed))
                is_open = True
            stretches[-1].end = at + 1
        elif kind is not LineKind.DEVICE and kind is not LineKind.SIGNATURE:
            is_open = is_attributed = False
            if stretches:
                stretches[-1].is_answered = True
    return stretches


def _is_introduced(lines: Sequence[str], kinds: Sequence[LineKind], marked: _MarkedLines) -> bool:
    """Return whether a colon above introduces the marked lines, such as the output of a program."""
    above = marked.start - 1
    if above < 0 or kinds[above] is not LineKind.TEXT:
        return False
    is_short = marked.end - marked.start <= _INTRODUCED_LINES
    return is_short and lines[above].rstrip().endswith((":", "："))


def _ensure_reply(kinds: Sequence[LineKind], segment_kinds: list[SegmentKind]) -> None:
    """If no segment is a reply, make the quotation the reply, or else the signature."""
    for replaced in ("quoted", "signature"):
        if any(
            segment_kind == "reply" and kind is not LineKind.RULE
            for segment_kind, kind in zip(segment_kinds, kinds, strict=True)
        ):
            return
        segment_kinds[:] = ["reply" if kind == replaced else kind for kind in segment_kinds]
