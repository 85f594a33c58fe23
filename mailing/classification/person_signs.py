"""Find the signs that a person wrote a mail, which overrule hints of a machine."""

from __future__ import annotations

import re

from mailing.classification.returned_message import REPORT_CHARACTERS
from mailing.parsing.message import ParsedEmail

# How much of a text a person's greeting and first question are expected in.
_START_CHARACTERS = 600

# Programs that people write with, in X-Mailer or User-Agent.
_MAIL_PROGRAM = re.compile(
    r"thunderbird|outlook|apple mail|iphone mail|ipad mail|the bat|k-9|mutt|evolution|kmail"
    r"|roundcube|squirrelmail|horde|eudora|foxmail|sylpheed|claws|pine\b|gnus|em client|mailspring"
    r"|airmail|yahoomail|mail\.ru mailer|yamail"
)
# Not "Hi. This is the qmail-send program", and not "Dear user".
_GREETING = re.compile(
    r"\W*(?:hello|hi\b(?!\W{1,3}this is)|hey\b|dear(?! (?:user|sender|customer|e?-?mail))|"
    r"good (?:morning|day|afternoon|evening)|здравствуйте|добр\w+ |"
    r"привет|уважаем|вітаю|доброго дня|hallo|guten |sehr geehrt|moin|bonjour|madame|monsieur|hola"
    r"|buen[oa]s |estimad|ciao|buongiorno|gentile|olá|bom dia|prezad|dzień dobry|witam|dobrý den"
    r"|hej\b|goede|beste |merhaba)"
)
# A blank or the end after the mark, so that the "?" of a link does not count.
_QUESTION = re.compile(r"\w[\"»”)]?\s?[?？](?=\s|$)|؟")
_QUESTION_MARKS = "?？؟"
_QUOTED_LINE = re.compile(r"^>.*$", re.M)
_ABSENCE = re.compile(
    r"out of (?:the )?office|\baway\b|vacation|holiday|on leave|absen|abwesend|urlaub|im büro"
    r"|congé|вне офиса|отпуск|отсутств|відпуст|ferie|vacaciones|férias|nieobecn|dovolen"
    r"|automat|автомат|autorespon|have received your|thank you for (?:your|contacting)"
    r"|vielen dank für ihre"
)


def is_written_by_hand(mail: ParsedEmail) -> bool:
    """Return whether the header names a program that people write with."""
    program = f"{mail.header('x-mailer')} {mail.header('user-agent')}".lower()
    # Mail written in Gmail; Gmail's own reports end in "@mx.google.com>".
    return bool(_MAIL_PROGRAM.search(program)) or mail.message_id.endswith("@mail.gmail.com>")


def has_greeting(mail: ParsedEmail) -> bool:
    """Return whether the text begins with a greeting."""
    return bool(_GREETING.match(mail.text[:300].lower()))


def has_question(mail: ParsedEmail) -> bool:
    """Return whether the start of the text, without quoted lines, asks something."""
    start = mail.text[:_START_CHARACTERS]
    # The pattern is tried at every word; most mail has no such mark.
    has_mark = any(mark in start for mark in _QUESTION_MARKS)
    return has_mark and bool(_QUESTION.search(_QUOTED_LINE.sub("", start)))


def has_own_text(mail: ParsedEmail) -> bool:
    """Return whether the text has more than quoted lines."""
    return bool(_QUOTED_LINE.sub("", mail.text[:REPORT_CHARACTERS]).strip())


def is_about_absence(mail: ParsedEmail) -> bool:
    """Return whether the start of the text has the words of an automatic reply."""
    return bool(_ABSENCE.search(mail.text[:_START_CHARACTERS].lower()))
