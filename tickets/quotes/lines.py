"""Classify the lines of a mail's text, in time proportional to its length."""

import re
from collections.abc import Sequence
from enum import Enum, auto

from tickets.quotes import attributions
from tickets.quotes.header_blocks import is_field, is_header_block
from tickets.quotes.signatures import continues_device_line, is_device_line, is_rule

# Gmail and Outlook wrap an attribution at 78 characters; text made from HTML spreads it further.
_ATTRIBUTION_LINES = 6
_ATTRIBUTION_ENDS = 2
# "On 3 May 2020," is 14 characters; programs do not wrap a shorter line.
_WRAPPED_CHARACTERS = 14
_RULE_ABOVE_HEADER = 5
_FIELDS_ABOVE = 4

_QUOTE = re.compile(r"\s*(?:>|&gt;)")
# Old Gmail's plain text and the views of some archives quote with bars; people draw tables with
# them.
_BAR = re.compile(r"\s*\|(?:\s|$)")
# The Bat! and FIDO programs put the sender's initials before the mark.
_INITIALS = re.compile(r"\s*[^\W\d_]{1,4}>")
_FENCES = (("```", "```"), ("~~~", "~~~"), ("[code", "[/code]"), ("<pre", "</pre>"))
_FENCE_CHARACTERS = 200


class LineKind(Enum):
    """What a line is, judged by itself and by its neighbours; blank lines have no kind."""

    TEXT = auto()  # the person's own words, as far as the line shows
    CODE = auto()  # inside a fenced block
    QUOTE = auto()  # marked with ">", or below an attribution with a bar or initials
    ATTRIBUTION = auto()  # "On 3 May 2020 at 12:00, Ann wrote:"
    BANNER = auto()  # "-----Original Message-----"
    HEADER = auto()  # the first field of a quoted mail's header: "From: Ann"
    RULE = auto()  # dashes, underscores or the like alone
    DEVICE = auto()  # "Sent from my iPhone"
    SIGNATURE = auto()  # a rule and the lines of a signature below it


def classify_lines(lines: Sequence[str], gaps: Sequence[bool]) -> list[LineKind]:
    """Return the kind of each line, but never SIGNATURE, which depends on quotations around it.

    lines: without the blank lines. gaps: for each line, whether blank lines are above it.
    """
    kinds = _classify_alone(lines)
    at = 0
    while at < len(lines):
        if kinds[at] is not LineKind.TEXT:
            at += 1
        elif attributions.is_banner(lines[at]):
            marked_below = at + 1 < len(kinds) and kinds[at + 1] is LineKind.QUOTE
            kinds[at] = LineKind.ATTRIBUTION if marked_below else LineKind.BANNER
            at += 1
        elif _starts_header(lines, gaps, kinds, at):
            kinds[at] = LineKind.HEADER
            above_is_text = at > 0 and kinds[at - 1] is LineKind.TEXT
            if above_is_text and attributions.is_unknown_banner(lines[at - 1]):
                kinds[at - 1] = LineKind.BANNER
            at += 1
        elif end := _attribution_end(lines, gaps, kinds, at):
            kinds[at:end] = [LineKind.ATTRIBUTION] * (end - at)
            _include_fields_above(lines, kinds, at)
            at = _mark_bars_and_initials(lines, kinds, end)
        else:
            at += 1
    return kinds


def _classify_alone(lines: Sequence[str]) -> list[LineKind]:
    """Return the kinds that show without neighbours; equal lines are classified only once."""
    known: dict[str, LineKind] = {}
    kinds: list[LineKind] = []
    above = LineKind.TEXT
    for line in lines:
        kind = known.get(line)
        if kind is None:
            kind = known[line] = _kind_of(line)
        if above is LineKind.DEVICE and kind is LineKind.TEXT and continues_device_line(line):
            kind = LineKind.DEVICE
        kinds.append(kind)
        above = kind
    for opening, closing in _FENCES:
        _mark_code(lines, kinds, opening, closing)
    return kinds


def _kind_of(line: str) -> LineKind:
    if _QUOTE.match(line):
        return LineKind.QUOTE
    if is_rule(line):
        return LineKind.RULE
    return LineKind.DEVICE if is_device_line(line) else LineKind.TEXT


def _mark_code(lines: Sequence[str], kinds: list[LineKind], opening: str, closing: str) -> None:
    """Mark blocks of code that are closed again."""
    start = -1
    for at, line in enumerate(lines):
        if start < 0:
            if opening in line[:_FENCE_CHARACTERS] and line.lstrip().startswith(opening):
                start = at if closing not in line[len(opening) :][:_FENCE_CHARACTERS] else -1
        elif closing in line[:_FENCE_CHARACTERS]:
            kinds[start : at + 1] = [LineKind.CODE] * (at + 1 - start)
            start = -1


def _starts_header(
    lines: Sequence[str], gaps: Sequence[bool], kinds: Sequence[LineKind], at: int
) -> bool:
    rule = lines[at - 1].strip() if at > 0 and kinds[at - 1] is LineKind.RULE else ""
    rule_above = rule if len(rule) >= _RULE_ABOVE_HEADER else ""
    return is_header_block(lines, gaps, at, rule_above=rule_above)


def _include_fields_above(lines: Sequence[str], kinds: list[LineKind], at: int) -> None:
    """Add to an attribution the rule, "Кому:" and "Тема:" that Yandex puts above it."""
    above = at - 1
    while above >= max(at - _FIELDS_ABOVE, 0) and is_field(lines[above]):
        above -= 1
    if 0 <= above < at - 1 and kinds[above] is LineKind.RULE:
        kinds[above:at] = [LineKind.ATTRIBUTION] * (at - above)


def _attribution_end(
    lines: Sequence[str], gaps: Sequence[bool], kinds: Sequence[LineKind], start: int
) -> int:
    """Return the line after the attribution that begins at `start`, or 0 without one."""
    before_quote = start + 1 < len(lines) and _is_marked(lines[start + 1])
    if not (before_quote or attributions.may_start_attribution(lines[start])):
        return 0
    joined = ""
    end = possible_ends = 0
    most = _ATTRIBUTION_LINES if len(lines[start]) >= _WRAPPED_CHARACTERS else 1
    for at in range(start, min(start + most, len(lines))):
        line = lines[at]
        if at > start and not _continues_attribution(
            joined, line, kinds[at], is_apart=gaps[at], is_complete=end > 0
        ):
            break
        joined = f"{joined} {line.strip()}" if joined else line.strip()
        if not attributions.may_end_attribution(line):
            if attributions.ends_sentence(line, lines[at + 1] if at + 1 < len(lines) else ""):
                break
            continue
        possible_ends += 1
        quoted = at + 1 < len(lines) and _is_marked(lines[at + 1])
        if attributions.is_attribution(joined, before_quote=quoted):
            end = at + 1
        if possible_ends >= _ATTRIBUTION_ENDS or line.rstrip().endswith((":", "：")):
            break
    return end


def _is_marked(line: str) -> bool:
    return bool(_QUOTE.match(line) or _BAR.match(line))


def _continues_attribution(
    joined: str, line: str, kind: LineKind, *, is_apart: bool, is_complete: bool
) -> bool:
    """Return whether the line can continue the wrapped attribution that is joined so far.

    is_apart: blank lines are between. is_complete: the joined text is an attribution already.
    """
    if kind is LineKind.TEXT and not is_apart:
        return True
    # Text made from HTML has the brackets of an address on lines of their own, with blank lines
    # between.
    is_open = joined.count("<") > joined.count(">")
    if is_apart and (is_complete or not (is_open or line.lstrip().startswith("<"))):
        return False
    return kind is LineKind.TEXT or (kind is LineKind.QUOTE and is_open)


def _mark_bars_and_initials(lines: Sequence[str], kinds: list[LineKind], start: int) -> int:
    """Mark lines below an attribution that are quoted by bars or initials; return the next line."""
    if start == len(lines) or kinds[start] is not LineKind.TEXT:
        return start
    mark = next((pattern for pattern in (_BAR, _INITIALS) if pattern.match(lines[start])), None)
    at = start
    while mark and at < len(lines) and mark.match(lines[at]):
        kinds[at] = LineKind.QUOTE
        at += 1
    return at
