"""Recognize attributions, banners and header blocks by the tables in `phrases`.

Every check looks at a bounded number of characters and lines, so that a whole mail takes linear
time, whatever is in it.
"""

import re
from collections.abc import Sequence

from tickets.quotes import phrases

_SPACES = " \t\r\u00a0\u202f\u200b\u200e\u200f\ufeff"
_ATTRIBUTION_CHARACTERS = 500
_SHORTEST = 8
_NAME_CHARACTERS = 40
_HEADER_LINES = 30
_WRAPPED_LINES = 4

_VERB_PHRASES = frozenset(verb for verbs in phrases.VERBS.values() for verb in verbs)
# With what must come before the verb: a letter would make another word of it, except in scripts
# without spaces.
_VERBS = tuple(
    mark + verb
    for verb in _VERB_PHRASES
    for mark in ((" ", ">", ",", "\u00a0") if ord(verb[0]) < 0x2E80 else ("",))
)
_LEADS = re.compile(
    "(?:"
    + "|".join(sorted({lead for leads in phrases.LEADS.values() for lead in leads}, reverse=True))
    + r")(?:\s|(?<=在))"
)
_BANNERS = frozenset(phrase for banners in phrases.BANNERS.values() for phrase in banners)
_HEADER_ROLES = {name: role for role, names in phrases.HEADERS.items() for name in names}
_CORE_ROLES = frozenset({"from", "date", "sent", "to", "subject"})

_DATE_OR_ADDRESS = re.compile(r"[\d@]| via ")
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


def may_end_attribution(line: str) -> bool:
    """Return whether an attribution could end with this line; cheap, and others pass, too."""
    tail = line[-60:].rstrip(_SPACES + "*_-–").lower()
    return tail.endswith((":", "：", ">", ")", "]")) or f" {tail.lstrip()}".endswith(_VERBS)


def ends_sentence(line: str, below: str) -> bool:
    """Return whether a sentence ends with the line, so that no attribution continues below it.

    Dates have abbreviations and are wrapped too: "Fr., 28." and "Apr. 2017", "2015 г." and
    "в 12:00".
    """
    line = line.rstrip()
    if not line.endswith((".", "!", "?", "…")):
        return False
    last = line[-30:].split()[-1].rstrip(".")
    if last[-1:].isdigit():
        return False
    return len(last) > 5 or not line.endswith(".") or not below.lstrip()[:1].islower()


def may_start_attribution(line: str) -> bool:
    """Return whether an attribution could start here: the line has a digit, an "@" or "via"."""
    return bool(_DATE_OR_ADDRESS.search(line, 0, _ATTRIBUTION_CHARACTERS))


def is_attribution(text: str, *, before_quote: bool) -> bool:
    """Return whether the text, joined from its lines, says who wrote what follows, and when.

    before_quote: lines marked with ">" follow, so less evidence is needed.
    """
    if not _SHORTEST <= len(text) <= _ATTRIBUTION_CHARACTERS:
        return False
    text = text.lstrip(_SPACES + "*_-–>").rstrip(_SPACES + "*_-–").lower()
    if _is_fixed_form(text):
        return True
    colon_last = text.endswith((":", "："))
    words = text.rstrip(" :：.\u00a0\u202f")
    verb_last = words.endswith(_VERBS) or words in _VERB_PHRASES
    if not (colon_last or verb_last or text.endswith((">", ")", "]"))):
        return False
    has_date, has_time = bool(_YEAR.search(text)), bool(_TIME.search(text))
    if has_date and has_time and _ZONE_FROM.search(text):
        return True
    dated = has_date or has_time
    lead_first = bool(_LEADS.match(text)) and bool(
        _YEAR.search(text[:80]) or _TIME.search(text[:80])
    )
    if before_quote and colon_last and _is_short_form(text, verb_last=verb_last, dated=dated):
        return True
    is_ended = colon_last or verb_last or before_quote
    if is_ended and _ADDRESS.search(text):
        date_first = lead_first or bool(_DATE_FIRST.match(text))
        if _has_sender(text, words, verb_last=verb_last, date_first=date_first, dated=dated):
            return True
    if not (lead_first or _DATE_FIRST.match(text)) or _ends_in_pronoun(words):
        return False
    if verb_last:
        return _has_date_as_written_by_programs(text)
    return colon_last and has_time and has_date and not phrases.INVERTED.isdisjoint(words.split())


def _has_date_as_written_by_programs(text: str) -> bool:
    """Return whether date and time are in a program's order, unlike "At 10 on 3 May 2020 Bob"."""
    date, time = _YEAR.search(text), _TIME.search(text)
    if date is None:
        return False
    if time is None:
        return bool(_WEEKDAY.match(text))
    if text.startswith(("on ", "at ")) and "," not in text[time.end() :]:
        return False
    return date.start() < time.start()


def _is_fixed_form(text: str) -> bool:
    """Return whether it is one of the special forms: old Gmail, Horde, Google Groups, The Bat!."""
    if _ISO_FIRST.match(text) or _POSTED_BY.match(text) or _APPLE_POLISH.match(text):
        return True
    if _THE_BAT.match(text):
        return text.endswith(":") and bool(_YEAR.search(text))
    if _HORDE.match(text):
        return text.endswith(":") and "@" in text
    return bool(_VIA.match(text)) and _ends_in_name_and_verb(text)


def _ends_in_name_and_verb(text: str) -> bool:
    words = text.rstrip(" :")
    return words.endswith(_VERBS) and phrases.PRONOUNS.isdisjoint(words.split())


def _is_short_form(text: str, *, verb_last: bool, dated: bool) -> bool:
    """Return whether it is a form used right above marked lines: "Ann wrote:", "1.2.2020, Ann:"."""
    if verb_last and len(text) <= 120:
        return True
    begins_or_addresses = _DATE_FIRST.match(text) or _LEADS.match(text) or _ADDRESS.search(text)
    return dated and bool(begins_or_addresses) and len(text) <= 200


def _has_sender(text: str, words: str, *, verb_last: bool, date_first: bool, dated: bool) -> bool:
    """Return whether the address in brackets has a verb or a date where programs put them.

    words: the text without its colon. date_first: a date comes first, perhaps after a lead. dated:
    a date or time is anywhere.
    """
    if dated and date_first and (verb_last or _ADDRESS_LAST.search(text)):
        return True
    if not _NAME_FIRST.match(text):
        return False
    if verb_last:
        # "Ann <ann@a.example> wrote", and with the date between the two (Gmail, Chinese).
        return dated or bool(re.search(r"[>)\]]\s+\S+(?:\s+\S+)?$", words))
    # "Ann <ann@a.example> schrieb am 3. Mai 2020 um 12:00 Uhr:"
    at = text.find("@")
    after = text[at:].split()
    return (
        dated
        and text.endswith((":", "："))
        and not phrases.INVERTED.isdisjoint(after[1:4])
        and bool(_TIME.search(text, at) or _YEAR.search(text, at))
    )


def _ends_in_pronoun(words: str) -> bool:
    """Return whether a pronoun is where the name would be: "On 3 May 2020 at 10:00 he wrote:"."""
    last = re.split(r"[\s,]+", words)[-3:]
    return not phrases.PRONOUNS.isdisjoint(last)


def is_banner(line: str) -> bool:
    """Return whether the line announces a quoted or forwarded message as a whole."""
    if len(line) > 160:
        return False
    line = line.strip(_SPACES + "*_|>").lower()
    if line.endswith((":", "：")):
        return line.rstrip(" :：\u00a0\u202f") in phrases.OPENINGS
    match = _BANNER.fullmatch(line)
    return match is not None and match[2] in _BANNERS


def is_unknown_banner(line: str) -> bool:
    """Return whether the line looks like a banner in a language that the table lacks."""
    match = _BANNER.fullmatch(line.strip(_SPACES + "*|>")) if len(line) <= 160 else None
    return match is not None and len(match[1]) >= 5


def header_role(line: str) -> str:
    """Return which field of a header block the line is: a key of HEADERS, or ""."""
    head = line[: _NAME_CHARACTERS * 2]
    colon = head.find(":")
    wide = head.find("：")
    at = min(colon, wide) if min(colon, wide) >= 0 else max(colon, wide)
    if at < 0:
        return ""
    name = head[:at].strip(_SPACES + "*_|")
    return _HEADER_ROLES.get(name.lower(), "") if len(name) <= _NAME_CHARACTERS else ""


def is_header_block(
    lines: Sequence[str], gaps: Sequence[bool], start: int, *, after_rule: bool
) -> bool:
    """Return whether the lines from `start` repeat a mail's header: From and two other fields.

    Those are date, to and subject. A traveller writes "From: Paris", "To: Rome", "Date: 3 May",
    too, so there must be a subject, an address or the time of sending.

    after_rule: a rule is above (Outlook); then From and one other field are enough.
    """
    roles: set[str] = set()
    wrapped = 0
    is_of_mail = False
    for at in range(start, min(start + _HEADER_LINES, len(lines))):
        line = lines[at]
        role = header_role(line)
        if role in _CORE_ROLES and role in roles:
            break
        if role:
            roles.add(role)
            wrapped = 0
            field = line[:_ATTRIBUTION_CHARACTERS]
            is_of_mail = (
                is_of_mail or "@" in field or role == "subject" or _is_time_of_sending(role, field)
            )
        else:
            wrapped += 1
            if wrapped > _WRAPPED_LINES or gaps[at]:
                break
    core = len(roles & _CORE_ROLES)
    return "from" in roles and is_of_mail and core >= (2 if after_rule else 3)


def _is_time_of_sending(role: str, field: str) -> bool:
    return role == "sent" and bool(_YEAR.search(field) and _TIME.search(field))
