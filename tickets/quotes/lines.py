"""Sort the lines of a mail's text into kinds, each looked at a bounded number of times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Final

from tickets.quotes import attributions as marks
from tickets.quotes.signatures import goes_on_device_line, is_device_line, is_rule

# Gmail and Outlook wrap an attribution at 78 characters; HTML made text spreads it further.
_ATTRIBUTION_LINES: Final = 6
_ATTRIBUTION_ENDS: Final = 2
# "On 3 May 2020," is 14 characters; a shorter line is not one that was wrapped.
_WRAPPED_CHARACTERS: Final = 14
_RULE_ABOVE_HEADER: Final = 5
_FIELDS_ABOVE: Final = 4

_QUOTE = re.compile(r"\s*(?:>|&gt;)")
# Gmail's plain text of old and the views of some archives; people draw tables with bars.
_BAR = re.compile(r"\s*\|(?:\s|$)")
# The Bat! and FIDO programs put the sender's initials before the mark.
_INITIALS = re.compile(r"\s*[^\W\d_]{1,4}>")
_FENCES: Final = (("```", "```"), ("~~~", "~~~"), ("[code", "[/code]"), ("<pre", "</pre>"))
_FENCE_CHARACTERS: Final = 200


class Kind(Enum):
    """What a line that says something is, by itself and by its neighbours."""

    TEXT = auto()
    CODE = auto()
    QUOTE = auto()
    ATTRIBUTION = auto()
    BANNER = auto()
    HEADER = auto()
    RULE = auto()
    DEVICE = auto()
    SIGNATURE = auto()


def sort_lines(lines: Sequence[str], gaps: Sequence[bool]) -> list[Kind]:
    """Return the kind of each line; SIGNATURE is not among them, it depends on what is around.

    lines: without the blank ones. gaps: whether blank ones stand above each.
    """
    kinds = _alone(lines)
    at = 0
    while at < len(lines):
        if kinds[at] is not Kind.TEXT:
            at += 1
        elif marks.is_banner(lines[at]):
            marked = at + 1 < len(kinds) and kinds[at + 1] is Kind.QUOTE
            kinds[at] = Kind.ATTRIBUTION if marked else Kind.BANNER
            at += 1
        elif _starts_header(lines, gaps, kinds, at):
            kinds[at] = Kind.HEADER
            if at and kinds[at - 1] is Kind.TEXT and marks.is_unknown_banner(lines[at - 1]):
                kinds[at - 1] = Kind.BANNER
            at += 1
        elif end := _attribution_end(lines, gaps, kinds, at):
            kinds[at:end] = [Kind.ATTRIBUTION] * (end - at)
            _take_fields_above(lines, kinds, at)
            at = _mark_unusual_quote(lines, kinds, end)
        else:
            at += 1
    return kinds


def _alone(lines: Sequence[str]) -> list[Kind]:
    known: dict[str, Kind] = {}
    kinds: list[Kind] = []
    last = Kind.TEXT
    for line in lines:
        kind = known.get(line)
        if kind is None:
            kind = known[line] = _kind_of(line)
        if last is Kind.DEVICE and kind is Kind.TEXT and goes_on_device_line(line):
            kind = Kind.DEVICE
        kinds.append(kind)
        last = kind
    for opening, closing in _FENCES:
        _mark_code(lines, kinds, opening, closing)
    return kinds


def _kind_of(line: str) -> Kind:
    if _QUOTE.match(line):
        return Kind.QUOTE
    if is_rule(line):
        return Kind.RULE
    return Kind.DEVICE if is_device_line(line) else Kind.TEXT


def _mark_code(lines: Sequence[str], kinds: list[Kind], opening: str, closing: str) -> None:
    """Mark what stands in a block of code, where the block is closed again."""
    start = -1
    for at, line in enumerate(lines):
        if start < 0:
            if opening in line[:_FENCE_CHARACTERS] and line.lstrip().startswith(opening):
                start = at if closing not in line[len(opening) :][:_FENCE_CHARACTERS] else -1
        elif closing in line[:_FENCE_CHARACTERS]:
            kinds[start : at + 1] = [Kind.CODE] * (at + 1 - start)
            start = -1


def _starts_header(
    lines: Sequence[str], gaps: Sequence[bool], kinds: Sequence[Kind], at: int
) -> bool:
    role = marks.header_role(lines[at])
    if not role or role == "more":
        return False
    after_rule = (
        at > 0 and kinds[at - 1] is Kind.RULE and len(lines[at - 1].strip()) >= _RULE_ABOVE_HEADER
    )
    return marks.is_header_block(lines, gaps, at, after_rule=after_rule)


def _take_fields_above(lines: Sequence[str], kinds: list[Kind], at: int) -> None:
    """Give the attribution the rule, "Кому:" and "Тема:" that Yandex puts above it."""
    above = at - 1
    while above >= max(at - _FIELDS_ABOVE, 0) and marks.header_role(lines[above]):
        above -= 1
    if 0 <= above < at - 1 and kinds[above] is Kind.RULE:
        kinds[above:at] = [Kind.ATTRIBUTION] * (at - above)


def _attribution_end(
    lines: Sequence[str], gaps: Sequence[bool], kinds: Sequence[Kind], start: int
) -> int:
    """Return the line after the attribution that begins at `start`, 0 when none does."""
    before_quote = start + 1 < len(lines) and _is_marked(lines[start + 1])
    if not (before_quote or marks.may_start_attribution(lines[start])):
        return 0
    joined = ""
    found = ends = 0
    most = _ATTRIBUTION_LINES if len(lines[start]) >= _WRAPPED_CHARACTERS else 1
    for at in range(start, min(start + most, len(lines))):
        line = lines[at]
        if at > start and not _goes_on(joined, line, kinds[at], is_apart=gaps[at], found=found):
            break
        joined = f"{joined} {line.strip()}" if joined else line.strip()
        if not marks.ends_attribution(line):
            if marks.breaks_off(line, lines[at + 1] if at + 1 < len(lines) else ""):
                break
            continue
        ends += 1
        quoted = at + 1 < len(lines) and _is_marked(lines[at + 1])
        if marks.is_attribution(joined, before_quote=quoted):
            found = at + 1
        if ends >= _ATTRIBUTION_ENDS or line.rstrip().endswith((":", "：")):
            break
    return found


def _is_marked(line: str) -> bool:
    return bool(_QUOTE.match(line) or _BAR.match(line))


def _goes_on(joined: str, line: str, kind: Kind, *, is_apart: bool, found: int) -> bool:
    """Whether a wrapped attribution can go on with the line."""
    if kind is Kind.TEXT and not is_apart:
        return True
    # HTML made text puts the brackets of an address on lines of their own, blank ones between.
    is_open = joined.count("<") > joined.count(">")
    if is_apart and (found or not (is_open or line.lstrip().startswith("<"))):
        return False
    return kind is Kind.TEXT or (kind is Kind.QUOTE and is_open)


def _mark_unusual_quote(lines: Sequence[str], kinds: list[Kind], start: int) -> int:
    """Mark lines below an attribution that are quoted by bars or initials; return the next line."""
    if start == len(lines) or kinds[start] is not Kind.TEXT:
        return start
    mark = next((one for one in (_BAR, _INITIALS) if one.match(lines[start])), None)
    at = start
    while mark and at < len(lines) and mark.match(lines[at]):
        kinds[at] = Kind.QUOTE
        at += 1
    return at
