"""Recognise reactions: mail that says no more than that somebody chose an emoji for a mail."""

from __future__ import annotations

import json
import re

from mailing.parsing.message import ParsedEmail

# https://developers.google.com/workspace/gmail/reactions/format
REACTION_TYPE = "text/vnd.google.email-reaction+json"
_EMOJI_CHARACTERS = 40
_LINE_CHARACTERS = 200

# Outlook's reactions have no sign in header or structure but this line, before the mail that they
# are about: https://github.com/nextcloud/mail/issues/10961
_OUTLOOK = re.compile(
    r".{1,150} (?:reacted to your (?:message|e-?mail)|hat auf Ihre Nachricht reagiert"
    r"|a réagi à votre message|ha reaccionado a (?:su|tu) mensaje"
    r"|ha reagito al (?:suo|tuo) messaggio|reagiu à sua mensagem"
    r"|отреагировал(?:а|\(а\))? на ваше сообщение) ?:?"
)
# Nothing but the quoted mail may follow, or somebody wrote more than a reaction.
_QUOTED_MAIL = re.compile(r"(?:$|_{5,}|-{5,}|>|\w{1,20}\s?: )")


def find_gmail_reaction(mail: ParsedEmail) -> str:
    """Return the emoji of a reaction from Gmail, or ""."""
    texts = [report.text for report in mail.reports if report.type == REACTION_TYPE]
    if not texts:
        return ""
    try:
        content = json.loads(texts[0])
    except (ValueError, RecursionError):
        return ""
    emoji = content.get("emoji") if isinstance(content, dict) else None
    if not isinstance(emoji, str) or content.get("version") != 1 or emoji.isascii():
        return ""
    return emoji if len(emoji) <= _EMOJI_CHARACTERS else ""


def find_outlook_reaction(mail: ParsedEmail) -> str:
    """Return the first line of a reaction from Outlook, or ""."""
    line, _end, rest = mail.text.strip().partition("\n")
    if not mail.in_reply_to or len(line) > _LINE_CHARACTERS:
        return ""
    is_reaction = _OUTLOOK.fullmatch(line.strip()) and _QUOTED_MAIL.match(rest.lstrip())
    return line if is_reaction else ""


def find_reaction(mail: ParsedEmail) -> str:
    """Return the emoji or the line of a reaction, or ""."""
    return find_gmail_reaction(mail) or find_outlook_reaction(mail)
