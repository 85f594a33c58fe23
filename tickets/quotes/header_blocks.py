"""Recognize the header that programs repeat above a quoted mail: From, Sent, To and Subject.

People write "From: Paris", "To: Rome" and "Subject: holidays" too. So a block needs what a person
hardly writes: the time of sending or an address, beside enough labels of one language. Every check
looks at a bounded number of characters and lines.
"""

import re
from collections.abc import Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from tickets.quotes import header_labels
from tickets.quotes.characters import COLONS, SPACES, fold

_LABEL_CHARACTERS = 40
_FIELD_CHARACTERS = 500
_LINES = 30
_WRAPPED_LINES = 4
_FLATTENED_LINES = 4
_FLATTENED_COLONS = 16
_AROUND_LABEL = SPACES + "*_|"
_ROLES = ("from", "sent", "date", "to", "subject", "more")
_CORE_ROLES = frozenset(_ROLES[:-1])

_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)|(?<!\d)\d{1,2}([./-] ?)\d{1,2}\1\d{2}(?!\d)")
_TIME = re.compile(r"(?<![\d.])[0-2]?\d[:h.][0-5]\d(?![\d.])")
_ADDRESS = re.compile(r"(?:[<(\[]|&lt;|mailto:)\s*[^\s<>()\[\]@]{1,64}@[^\s<>@]{1,190}")
# Outlook's rule has 32 characters.
_OUTLOOK_RULE = re.compile(r"_{30,40}")
# "-----Original Message----- From: …", where a program joined the lines.
_BANNER_IN_FRONT = re.compile(r"[-‐–—_=]{4,80}[^-‐–—_=*:]{1,60}[-‐–—_=]{4,80}\s{0,9}(?=\S)")
_BOLD = re.compile(r"(\*{1,2})[^\s*][^*]{0,60}\1")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"\S+")
_WORDS = re.compile(r"[^\d:/@<>]{1,40}")


class _Field(NamedTuple):
    """A line of a possible block.

    roles: what its label means, by language; "" has the labels of `MIXED`, "en" those of English.
    """

    roles: dict[str, str]
    value: str


class _Block(NamedTuple):
    """The fields of a possible block, read in one language."""

    values: list[tuple[str, str]]  # role and value
    roles: set[str]
    own_roles: set[str]  # of labels in the language itself, not in English


def _read_labels() -> dict[str, dict[str, str]]:
    """Return for each folded label the languages that have it, and its role in each."""
    labels: dict[str, dict[str, str]] = {}
    for role, mixed in header_labels.MIXED.items():
        for label in mixed:
            labels.setdefault(fold(label), {})[""] = role
    for language, columns in header_labels.LANGUAGES.items():
        for role, column in zip(_ROLES, columns, strict=True):
            for label in column.split("|"):
                labels.setdefault(fold(label), {}).setdefault(language, role)
    return labels


_LABELS = _read_labels()


def is_field(line: str) -> bool:
    """Return whether the line begins with the label of a header's field."""
    return bool(_read_field(line[:_FIELD_CHARACTERS]).roles)


def is_header_block(
    lines: Sequence[str], gaps: Sequence[bool], start: int, *, rule_above: str
) -> bool:
    """Return whether the lines from `start` repeat a mail's header.

    rule_above: the rule right above, or "". Below it From and one other field are enough, if the
    labels are no everyday words.
    """
    head = lines[start][: _LABEL_CHARACTERS * 2]
    if not any(colon in head for colon in COLONS):
        return False
    if banner := _BANNER_IN_FRONT.match(lines[start]):
        lines = [lines[start][banner.end() :], *lines[start + 1 : start + _LINES]]
        gaps, start = gaps[start : start + _LINES], 0
    first = _read_field(lines[start][:_FIELD_CHARACTERS])
    languages = [name for name, role in first.roles.items() if role != "more" and name != "en"]
    if languages:
        end, after_rule = start + _LINES, bool(rule_above)
        if _is_block_in_any(languages, lines[start:end], gaps[start:end], after_rule=after_rule):
            return True
        fields = _split_flattened(lines, gaps, start)
        is_timed = any(map(_is_time, fields))  # unlike a line of a log that somebody pasted
        no_gaps = [False] * len(fields)
        if is_timed and _is_block_in_any(languages, fields, no_gaps, after_rule=after_rule):
            return True
    return _is_block_by_form(lines[start : start + 4], rule_above)


def _is_block_in_any(
    languages: Sequence[str], lines: Sequence[str], gaps: Sequence[bool], *, after_rule: bool
) -> bool:
    """Return whether the lines begin with a block in one of the languages."""
    for language in languages:
        block = _read_block(lines, gaps, language)
        if language and _is_block(block):
            return True
        if not language and _is_mixed_block(block, after_rule=after_rule):
            return True
    return False


def _split_flattened(lines: Sequence[str], gaps: Sequence[bool], start: int) -> list[str]:
    """Return the fields of a block that a program put on one line, or wrapped without regard."""
    end = start + 1
    while end < len(lines) and end < start + _FLATTENED_LINES and not gaps[end]:
        end += 1
    text = fold(" ".join(line[:_FIELD_CHARACTERS] for line in lines[start:end]))
    starts = [0]
    for colon in islice(re.finditer(":", text), _FLATTENED_COLONS):
        first = max(starts[-1], colon.start() - _LABEL_CHARACTERS)
        for word in _WORD.finditer(text, first, colon.start()):
            if text[word.start() : colon.start()].strip(_AROUND_LABEL) in _LABELS:
                starts.append(word.start())
                break
    return [text[at:to] for at, to in pairwise([*starts[1:], len(text)])]


def _read_field(line: str) -> _Field:
    folded = fold(line)
    label, colon, value = folded.partition(":")
    label = label.strip(_AROUND_LABEL)
    roles = _LABELS.get(label, {}) if colon and len(label) <= _LABEL_CHARACTERS else {}
    return _Field(roles, value) if roles else _Field({}, folded)


def _read_block(lines: Sequence[str], gaps: Sequence[bool], language: str) -> _Block:
    """Return the fields up to the block's end, read in a language and in English."""
    block = _Block([], set(), set())
    wrapped = 0
    for line, is_apart in zip(lines, gaps, strict=True):
        field = _read_field(line[:_FIELD_CHARACTERS])
        role = field.roles.get(language) or (field.roles.get("en", "") if language else "")
        if role in _CORE_ROLES and role in block.roles:
            break
        if role:
            block.values.append((role, field.value))
            block.roles.add(role)
            if language in field.roles:
                block.own_roles.add(role)
            wrapped = 0
        else:
            if block.values and not block.values[-1][1].strip(SPACES):
                block.values[-1] = (block.values[-1][0], field.value)
            wrapped += 1
            if wrapped > _WRAPPED_LINES or is_apart:
                break
    return block


def _is_mixed_block(block: _Block, *, after_rule: bool) -> bool:
    """Return whether it is a block with labels of `MIXED`: From and two of date, to and subject.

    There must be a subject with the time, an address or the time of sending, because a traveller
    writes "From: Paris", "To: Rome", "Date: 3 May", and a memo has From, To, Date and Subject.
    """
    roles = block.roles
    has_time = after_rule or any(
        role == "sent" or (role == "date" and _TIME.search(value)) for role, value in block.values
    )
    is_of_mail = any(
        "@" in value or (role == "subject" and has_time) or (role == "sent" and _is_time(value))
        for role, value in block.values
    )
    return (
        is_of_mail
        and any(role == "from" and _LETTER.search(value) for role, value in block.values)
        and len(roles & _CORE_ROLES) >= (2 if after_rule else 3)
    )


def _is_block(block: _Block) -> bool:
    """Return whether it is a block in a language whose labels are everyday words.

    A memo has From, To, Subject and a day; a parcel a sender, a receiver and a time; a leave From,
    To and Subject. Only a mail has two of these three: a subject, the time and an address.
    """
    roles = block.roles
    if "from" not in block.own_roles or len(roles & _CORE_ROLES) < 3:
        return False
    has_time = any(role in ("sent", "date") and _is_time(value) for role, value in block.values)
    has_address = any(
        role in ("from", "to") and _ADDRESS.search(value) for role, value in block.values
    )
    if "subject" in roles and has_time:
        return has_address or ("sent" in roles and len(block.own_roles & _CORE_ROLES) > 1)
    is_dated = not roles.isdisjoint(("sent", "date"))
    return has_address and is_dated and ("subject" in roles or has_time)


def _is_block_by_form(lines: Sequence[str], rule_above: str) -> bool:
    """Return whether it is Outlook's block in a language without a table.

    Four labels, an address below the first and a time below the second; and an address in the
    third field, labels in bold, or Outlook's rule above.
    """
    if len(lines) < 4 or "@" not in lines[0][:_FIELD_CHARACTERS]:
        return False
    if not _TIME.search(fold(lines[1][:_FIELD_CHARACTERS])):
        return False
    labels: set[str] = set()
    values: list[str] = []
    for line in lines:
        label, colon, value = fold(line[:_FIELD_CHARACTERS]).partition(":")
        label = label.strip(_AROUND_LABEL)
        if not (colon and _WORDS.fullmatch(label) and len(label.split()) <= 4):
            return False
        labels.add(label)
        values.append(value)
    if len(labels) < 4 or not (_ADDRESS.search(values[0]) and _is_time(values[1])):
        return False
    return (
        bool(_ADDRESS.search(values[2]))
        or all(_BOLD.match(line.lstrip(SPACES)[:70]) for line in lines)
        or bool(_OUTLOOK_RULE.fullmatch(rule_above.strip(SPACES)))
    )


def _is_time(value: str) -> bool:
    return bool(_YEAR.search(value) and _TIME.search(value))
