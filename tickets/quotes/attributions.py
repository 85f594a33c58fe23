"""Whether lines are an attribution, a banner or a header block; quote_separators has the words.

Every check looks at a bounded number of characters and lines, so that a whole mail takes linear
time whatever stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tickets.quotes import phrases as words

_SPACES = " \t\r\u00a0\u202f\u200b\u200e\u200f\ufeff"
_ATTRIBUTION_CHARACTERS: Final = 500
_SHORTEST: Final = 8
_NAME_CHARACTERS: Final = 40
_HEADER_LINES: Final = 30
_WRAPPED_LINES: Final = 4

_VERB_ALONE = frozenset(verb for verbs in words.VERBS.values() for verb in verbs)
# A letter before the verb makes another word of it, except in scripts without spaces.
_VERBS = tuple(
    mark + verb
    for verb in _VERB_ALONE
    for mark in ((" ", ">", ",", "\u00a0") if ord(verb[0]) < 0x2E80 else ("",))
)
_LEADS = re.compile(
    "(?:"
    + "|".join(sorted({lead for leads in words.LEADS.values() for lead in leads}, reverse=True))
    + r")(?:\s|(?<=在))"
)
_BANNERS = frozenset(phrase for phrases in words.BANNERS.values() for phrase in phrases)
_ROLES = {name: role for role, names in words.HEADERS.items() for name in names}
_CORE_ROLES = frozenset({"from", "date", "sent", "to", "subject"})

_MOMENT_OR_ADDRESS = re.compile(r"[\d@]| via ")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}([./-] ?)\d{1,2}\1\d{2}(?!\d)")
_TIME = re.compile(r"(?<!\d)[0-2]?\d[:h][0-5]\d|\bkl\.? ?\d{1,2}\.\d\d")
# "Thursday, June 27": a weekday by its comma, in any language.
_WEEKDAY = re.compile(r"(?:[^\W\d]+\s){0,2}[^\W\d]{2,14}\.?,\s")
_DATE_FIRST = re.compile(r"(?:[^\W\d]{1,14}[.,]{0,2}\s+){0,3}[(]?\d{1,4}(?!\d)")
# No more than a name before the address.
_NAME_FIRST = re.compile(r"(?:[^\s<>@:;!?]{1,30}\s+){0,6}(?:[<(\[]|&lt;|mailto:)\s*[^\s<>@]{1,64}@")
_ADDRESS = re.compile(r"(?:[<(\[]|&lt;|mailto:)\s*[^\s<>()\[\]@]{1,64}@[^\s<>@]{1,190}")
_ADDRESS_LAST = re.compile(r"@[^\s<>@]{1,190}(?:[>)\]\s]|&gt;)*[>)\]]\s?:?$")
_ZONE_FROM = re.compile(r"[+-]\d\d:?\d\d (?:от|від|from|von|de) \S")
_ISO_FIRST = re.compile(r"20\d\d-\d\d-\d\d \d{1,2}:\d\d gmt[+-]\d\d:\d\d \S")
_POSTED_BY = re.compile(r"posted by .{1,80} on \d\d/\d\d/\d{4}$")
_APPLE_POLISH = re.compile(r"wiadomość napisana przez .{1,200}\d:\d\d:?$")
_HORDE = re.compile(r"(?:quoting|zitat von|citando|selon|citat(?: av)?|цитирую|цитата) \S")
_VIA = re.compile(r"(?:\S{1,40} ){1,4}via (?:\S{1,60} ){1,6}\S{1,40} ?:$")
_THE_BAT = re.compile(r"(?:вы|ви|you) (?:писали|написали|wrote)\b")
_BANNER = re.compile(r"([-–—_=*]{2,})\s*([^-–—_=*\s].{1,60}?)\s*[-–—_=*]{2,}:?")


def ends_attribution(line: str) -> bool:
    """Whether an attribution could end with this line: cheap, true of many others."""
    tail = line[-60:].rstrip(_SPACES + "*_-–").lower()
    return tail.endswith((":", "：", ">", ")", "]")) or f" {tail.lstrip()}".endswith(_VERBS)


def breaks_off(line: str, below: str) -> bool:
    """Whether a sentence ends with the line, so that no attribution goes on below it.

    Dates are abbreviated and wrapped as well: "Fr., 28." and "Apr. 2017", "2015 г." and "в 12:00".
    """
    line = line.rstrip()
    if not line.endswith((".", "!", "?", "…")):
        return False
    last = line[-30:].split()[-1].rstrip(".")
    if last[-1:].isdigit():
        return False
    return len(last) > 5 or not line.endswith(".") or not below.lstrip()[:1].islower()


def may_start_attribution(line: str) -> bool:
    """Whether an attribution could start with this line: a moment or an address is in it."""
    return bool(_MOMENT_OR_ADDRESS.search(line, 0, _ATTRIBUTION_CHARACTERS))


def is_attribution(text: str, *, before_quote: bool) -> bool:
    """Whether the text, joined from its lines, says who wrote what follows, and when.

    before_quote: lines marked with ">" follow; less evidence is needed then.
    """
    if not _SHORTEST <= len(text) <= _ATTRIBUTION_CHARACTERS:
        return False
    text = text.lstrip(_SPACES + "*_-–>").rstrip(_SPACES + "*_-–").lower()
    if _is_fixed_form(text):
        return True
    colon = text.endswith((":", "："))
    told = text.rstrip(" :：.\u00a0\u202f")
    verb_last = told.endswith(_VERBS) or told in _VERB_ALONE
    if not (colon or verb_last or text.endswith((">", ")", "]"))):
        return False
    dated, timed = bool(_YEAR.search(text)), bool(_TIME.search(text))
    if dated and timed and _ZONE_FROM.search(text):
        return True
    addressed = bool(_ADDRESS.search(text))
    leads = bool(_LEADS.match(text)) and bool(_YEAR.search(text[:80]) or _TIME.search(text[:80]))
    if before_quote and colon and _is_short_opening(text, verb_last, dated or timed):
        return True
    ends = colon or verb_last or before_quote
    if addressed and ends and _names_sender(text, told, verb_last, leads, dated or timed):
        return True
    if not (leads or _DATE_FIRST.match(text)) or _tells_a_story(told):
        return False
    if verb_last:
        return _tells_moment(text)
    return colon and timed and dated and not words.INVERTED.isdisjoint(told.split())


def _tells_moment(text: str) -> bool:
    """Whether date and time stand as programs write them: "At 10 on 3 May 2020 Bob says:" not."""
    date, time = _YEAR.search(text), _TIME.search(text)
    if date is None:
        return False
    if time is None:
        return bool(_WEEKDAY.match(text))
    if text.startswith(("on ", "at ")) and "," not in text[time.end() :]:
        return False
    return date.start() < time.start()


def _is_fixed_form(text: str) -> bool:
    """Forms with less, or in another order: old Gmail, Horde, Google Groups, The Bat!."""
    if _ISO_FIRST.match(text) or _POSTED_BY.match(text) or _APPLE_POLISH.match(text):
        return True
    if _THE_BAT.match(text):
        return text.endswith(":") and bool(_YEAR.search(text))
    if _HORDE.match(text):
        return text.endswith(":") and "@" in text
    return bool(_VIA.match(text)) and _is_said_by_name(text)


def _is_said_by_name(text: str) -> bool:
    told = text.rstrip(" :")
    return told.endswith(_VERBS) and words.PRONOUNS.isdisjoint(told.split())


def _is_short_opening(text: str, verb_last: bool, moment: bool) -> bool:
    """ "Ann wrote:", "01.02.2020 12:00, Ann:", in any language, right above marked lines."""
    if verb_last and len(text) <= 120:
        return True
    at_home = _DATE_FIRST.match(text) or _LEADS.match(text) or _ADDRESS.search(text)
    return moment and bool(at_home) and len(text) <= 200


def _names_sender(text: str, told: str, verb_last: bool, leads: bool, moment: bool) -> bool:
    """An address in brackets, with a verb or a date where a program puts them."""
    date_first = bool(_DATE_FIRST.match(text))
    if moment and (leads or date_first) and (verb_last or _ADDRESS_LAST.search(text)):
        return True
    if not _NAME_FIRST.match(text):
        return False
    if verb_last:
        # "Ann <ann@a.example> wrote", and with the date between the two (Gmail, Chinese).
        return moment or bool(re.search(r"[>)\]]\s+\S+(?:\s+\S+)?$", told))
    # "Ann <ann@a.example> schrieb am 3. Mai 2020 um 12:00 Uhr:"
    at = text.find("@")
    after = text[at:].split()
    return (
        moment
        and text.endswith((":", "："))
        and not words.INVERTED.isdisjoint(after[1:4])
        and bool(_TIME.search(text, at) or _YEAR.search(text, at))
    )


def _tells_a_story(told: str) -> bool:
    """Whether a pronoun stands where the name would: "On 3 May 2020 at 10:00 he wrote:"."""
    last = re.split(r"[\s,]+", told)[-3:]
    return not words.PRONOUNS.isdisjoint(last)


def is_banner(line: str) -> bool:
    """Whether the line announces a quoted or forwarded message as a whole."""
    if len(line) > 160:
        return False
    line = line.strip(_SPACES + "*_|>").lower()
    if line.endswith((":", "：")):
        return line.rstrip(" :：\u00a0\u202f") in words.OPENINGS
    found = _BANNER.fullmatch(line)
    return found is not None and found[2] in _BANNERS


def is_unknown_banner(line: str) -> bool:
    """Whether words stand between dashes as in a banner, in a language not in the table."""
    found = _BANNER.fullmatch(line.strip(_SPACES + "*|>")) if len(line) <= 160 else None
    return found is not None and len(found[1]) >= 5


def header_role(line: str) -> str:
    """Return which line of a header block it is: a key of HEADERS, "" for none."""
    head = line[: _NAME_CHARACTERS * 2]
    colon = head.find(":")
    wide = head.find("：")
    at = min(colon, wide) if min(colon, wide) >= 0 else max(colon, wide)
    if at < 0:
        return ""
    name = head[:at].strip(_SPACES + "*_|")
    return _ROLES.get(name.lower(), "") if len(name) <= _NAME_CHARACTERS else ""


def _is_sent_at(role: str, line: str) -> bool:
    return role == "sent" and bool(_YEAR.search(line) and _TIME.search(line))


def is_header_block(
    lines: Sequence[str], gaps: Sequence[bool], start: int, *, after_rule: bool
) -> bool:
    """Whether the lines from `start` repeat the header of a mail: who, and two of when, to whom
    and about what.

    A traveller writes "From: Paris", "To: Rome", "Date: 3 May" too; therefore a subject, an
    address or the moment it was sent is asked for as well. after_rule: a ruled line stands above
    (Outlook); then from and one more do.
    """
    roles: set[str] = set()
    wrapped = 0
    sure = False
    for at in range(start, min(start + _HEADER_LINES, len(lines))):
        line = lines[at]
        role = header_role(line)
        if role in _CORE_ROLES and role in roles:
            break
        if role:
            roles.add(role)
            wrapped = 0
            told = line[:_ATTRIBUTION_CHARACTERS]
            sure = sure or "@" in told or role == "subject" or _is_sent_at(role, told)
        else:
            wrapped += 1
            if wrapped > _WRAPPED_LINES or gaps[at]:
                break
    core = len(roles & _CORE_ROLES)
    return "from" in roles and sure and core >= (2 if after_rule else 3)
