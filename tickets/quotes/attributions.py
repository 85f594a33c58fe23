"""Recognize attributions and banners by the tables in `phrases`.

Every check looks at a bounded number of characters and lines, so that a whole mail takes linear
time, whatever is in it.
"""

import re
from unicodedata import category

from tickets.quotes import phrases
from tickets.quotes.characters import SPACES, fold

_ATTRIBUTION_CHARACTERS = 500
_SHORTEST = 8

_VERB_PHRASES = frozenset(fold(verb) for verbs in phrases.VERBS.values() for verb in verbs)
# With what must come before the verb: a letter would make another word of it, except in scripts
# without spaces.
_VERBS = tuple(
    mark + verb
    for verb in _VERB_PHRASES
    for mark in ((" ", ">", ",", "\u00a0") if ord(verb[0]) < 0x2E80 else ("",))
)
_LEADS = re.compile(
    "(?:"
    + "|".join(
        sorted({fold(lead) for leads in phrases.LEADS.values() for lead in leads}, reverse=True)
    )
    + r")(?:\s|(?<=在)|(?<=[\u0e00-\u0e7f])|(?<=ב[-־]))"
)
_BANNERS = frozenset(fold(phrase) for banners in phrases.BANNERS.values() for phrase in banners)
_OPENINGS = frozenset(map(fold, phrases.OPENINGS))
_INVERTED = frozenset(map(fold, phrases.INVERTED))
_PRONOUNS = frozenset(map(fold, phrases.PRONOUNS))

_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}([./-] ?)\d{1,2}\1\d{2}(?!\d)")
# Of the Persian and the Thai calendar.
_LOCAL_YEAR = re.compile(r"(?<!\d)(?:1[34]|25)\d\d(?!\d)")
_LOCAL_SCRIPT = re.compile(r"[\u0600-\u06ff\u0e00-\u0e7f]")
_TIME = re.compile(r"(?<!\d)[0-2]?\d[:h][0-5]\d|\bkl\.? ?\d{1,2}\.\d\d")
# "Thursday, June 27": a weekday by its comma, in any language.
_WEEKDAY = re.compile(r"(?:[^\W\d]+\s){0,2}[^\W\d]{2,14}\.?,\s")
_DATE_FIRST = re.compile(r"(?:[^\W\d]{1,14}[.,]{0,2}\s+){0,3}[(]?\d{1,4}(?!\d)")
# Accents and vowel signs, which are no letters for `re`: those of Hebrew, Indic scripts, Thai ….
_MARKS = re.compile(
    f"[{''.join(filter(lambda sign: category(sign)[0] == 'M', map(chr, range(0x300, 0x10A0))))}]"
)
# No more than a name before the address.
_NAME_FIRST = re.compile(
    r"(?:[^\s<>@:;!?]{1,30}\s+){0,6}(?:[<(\[]{1,2}|&lt;|mailto:)\s*[^\s<>@]{1,64}@"
)
_ADDRESS = re.compile(r"(?:[<(\[]|&lt;|mailto:)\s*[^\s<>()\[\]@]{1,64}@[^\s<>@]{1,190}")
_ADDRESS_LAST = re.compile(r"@[^\s<>@]{1,190}(?:[>)\]\s]|&gt;)*[>)\]]\s?:?$")
_ZONE_FROM = re.compile(r"[+-]\d\d:?\d\d (?:от|від|from|von|de) \S")
_ISO_FIRST = re.compile(r"20\d\d-\d\d-\d\d \d{1,2}:\d\d gmt[+-]\d\d:\d\d \S")
_POSTED_BY = re.compile(r"posted by .{1,80} on \d\d/\d\d/\d{4}$")
_APPLE_POLISH = re.compile(r"wiadomość napisana przez .{1,200}\d:\d\d:?$")
_GMAIL_CATALAN = re.compile(r"missatge de .{1,200}@.{1,190} del dia .{1,60}\d:\d\d.{0,12}:$")
_HORDE = re.compile(r"(?:quoting|zitat von|citando|selon|citat(?: av)?|цитирую|цитата) \S")
_VIA = re.compile(r"(?:\S{1,40} ){1,4}via (?:\S{1,60} ){1,6}\S{1,40} ?:$")
_THE_BAT = re.compile(r"(?:вы|ви|you) (?:писали|написали|wrote)\b")
_BANNER = re.compile(r"([-‐–—_=*]{2,})\s*([^-‐–—_=*\s].{1,60}?)\s*[-‐–—_=*]{2,}:?")


def may_end_attribution(line: str) -> bool:
    """Return whether an attribution could end with this line; cheap, and others pass, too."""
    tail = fold(line[-60:]).rstrip(SPACES + "*_-–")
    return tail.endswith((":", ">", ")", "]")) or f" {tail.lstrip()}".endswith(_VERBS)


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
    continues = below.lstrip()[:1].islower() or below.lstrip()[:1].isdigit()
    return len(last) > 5 or not line.endswith(".") or not continues


def may_start_attribution(line: str) -> bool:
    """Return whether an attribution could start here: the line has a digit, an "@" or "via"."""
    line = line[:_ATTRIBUTION_CHARACTERS]
    return "@" in line or " via " in line or bool(_DIGIT.search(line))


def is_attribution(text: str, *, before_quote: bool) -> bool:
    """Return whether the text, joined from its lines, says who wrote what follows, and when.

    before_quote: lines marked with ">" follow, so less evidence is needed.
    """
    if not _SHORTEST <= len(text) <= _ATTRIBUTION_CHARACTERS:
        return False
    text = fold(text).lstrip(SPACES + "*_-–>").rstrip(SPACES + "*_-–")
    if _is_fixed_form(text):
        return True
    colon_last = text.endswith(":")
    words = text.rstrip(SPACES + ":.")
    verb_last = words.endswith(_VERBS) or words in _VERB_PHRASES
    if not (colon_last or verb_last or text.endswith((">", ")", "]"))):
        return False
    has_date, has_time = bool(_find_year(text)), bool(_TIME.search(text))
    if has_date and has_time and _ZONE_FROM.search(text):
        return True
    dated = has_date or has_time
    lead_first = bool(_LEADS.match(text)) and bool(
        _find_year(text, 0, 80) or _TIME.search(text[:80])
    )
    if before_quote and colon_last and _is_short_form(text, verb_last=verb_last, dated=dated):
        return True
    is_ended = colon_last or verb_last or before_quote
    if is_ended and _ADDRESS.search(text):
        date_first = lead_first or _starts_with_date(text)
        if _has_sender(text, words, verb_last=verb_last, date_first=date_first, dated=dated):
            return True
    if not (lead_first or _starts_with_date(text)) or _ends_in_pronoun(words):
        return False
    if verb_last:
        return _has_date_as_written_by_programs(text)
    return colon_last and has_time and has_date and not _INVERTED.isdisjoint(words.split())


def _find_year(
    text: str, start: int = 0, end: int = _ATTRIBUTION_CHARACTERS
) -> re.Match[str] | None:
    year = _YEAR.search(text, start, end)
    if year is None and _LOCAL_SCRIPT.search(text, start, end):
        return _LOCAL_YEAR.search(text, start, end)
    return year


def _starts_with_date(text: str) -> bool:
    return bool(_DATE_FIRST.match(_MARKS.sub("", text[:120])))


def _has_date_as_written_by_programs(text: str) -> bool:
    """Return whether date and time are in a program's order, unlike "At 10 on 3 May 2020 Bob"."""
    date, time = _find_year(text), _TIME.search(text)
    if date is None:
        return False
    if time is None:
        return bool(_WEEKDAY.match(text))
    if text.startswith(("on ", "at ")) and "," not in text[time.end() :]:
        return False
    return date.start() < time.start()


def _is_fixed_form(text: str) -> bool:
    """Return whether it is one of the special forms: old Gmail, Horde, Google Groups, The Bat!."""
    if any(form.match(text) for form in (_ISO_FIRST, _POSTED_BY, _APPLE_POLISH, _GMAIL_CATALAN)):
        return True
    if _THE_BAT.match(text):
        return text.endswith(":") and bool(_find_year(text))
    if _HORDE.match(text):
        return text.endswith(":") and "@" in text
    return bool(_VIA.match(text)) and _ends_in_name_and_verb(text)


def _ends_in_name_and_verb(text: str) -> bool:
    words = text.rstrip(" :")
    return words.endswith(_VERBS) and _PRONOUNS.isdisjoint(words.split())


def _is_short_form(text: str, *, verb_last: bool, dated: bool) -> bool:
    """Return whether it is a form used right above marked lines: "Ann wrote:", "1.2.2020, Ann:"."""
    if verb_last and len(text) <= 120:
        return True
    begins_or_addresses = _starts_with_date(text) or _LEADS.match(text) or _ADDRESS.search(text)
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
        and text.endswith(":")
        and not _INVERTED.isdisjoint(after[1:4])
        and bool(_TIME.search(text, at) or _find_year(text, at))
    )


def _ends_in_pronoun(words: str) -> bool:
    """Return whether a pronoun is where the name would be: "On 3 May 2020 at 10:00 he wrote:"."""
    last = re.split(r"[\s,]+", words)[-3:]
    return not _PRONOUNS.isdisjoint(last)


def is_banner(line: str) -> bool:
    """Return whether the line announces a quoted or forwarded message as a whole."""
    if len(line) > 160:
        return False
    line = fold(line).strip(SPACES + "*_|>")
    if line.endswith(":"):
        return line.rstrip(SPACES + ":") in _OPENINGS
    match = _BANNER.fullmatch(line)
    return match is not None and match[2] in _BANNERS


def is_unknown_banner(line: str) -> bool:
    """Return whether the line looks like a banner in a language that the table lacks."""
    match = _BANNER.fullmatch(line.strip(SPACES + "*|>")) if len(line) <= 160 else None
    return match is not None and len(match[1]) >= 5
