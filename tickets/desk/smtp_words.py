"""What a mail server's codes mean, in words for people who do not know mail servers.

The enhanced status codes are those of RFC 3463 and of the IANA registry of them
(https://www.iana.org/assignments/smtp-enhanced-status-codes), the plain ones of RFC 5321, 4.2.3.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_ENHANCED = re.compile(r"(?<![\d.])[245]\.(\d{1,3}\.\d{1,3})(?![\d.])")

# By subject and detail; the class says only whether it is for now or for good.
_BY_DETAIL: dict[str, str | Promise] = {
    "1.1": _("no such mailbox"),
    "1.2": _("no such domain"),
    "1.3": _("the address is misspelled"),
    "1.4": _("the address may mean several mailboxes"),
    "1.6": _("the mailbox has moved"),
    "1.8": _("our own address was not accepted"),
    "1.10": _("this domain takes no mail"),
    "2.1": _("the mailbox is switched off"),
    "2.2": _("the mailbox is full"),
    "2.3": _("the mail is too large for this mailbox"),
    "2.4": _("the mailing list does not work"),
    "3.1": _("the server's storage is full"),
    "3.2": _("the server takes no mail at the moment"),
    "3.4": _("the mail is too large"),
    "4.1": _("their server does not answer"),
    "4.2": _("the connection broke off"),
    "4.3": _("the name server does not answer"),
    "4.4": _("no way to their server was found"),
    "4.5": _("the server has too much to do"),
    "4.6": _("the mail went in circles"),
    "4.7": _("it could not be delivered in time"),
    "7.1": _("the server does not want this mail"),
    "7.20": _("our mail's signature was not accepted"),
    "7.23": _("our server may not send for our address"),
    "7.25": _("our server's name was not accepted"),
    "7.26": _("our mail could not prove who sent it"),
    "7.28": _("too much mail at once"),
}
_BY_SUBJECT: dict[str, str | Promise] = {
    "1": _("something is wrong with the address"),
    "2": _("something is wrong with the mailbox"),
    "3": _("something is wrong with the mail server"),
    "4": _("something is wrong on the way"),
    "5": _("the servers did not understand each other"),
    "6": _("the server cannot take such content"),
    "7": _("the server's rules forbid it"),
}
_BY_CODE: dict[int, str | Promise] = {
    421: _("the server has too much to do"),
    450: _("the mailbox is busy"),
    451: _("the server had a fault"),
    452: _("the server's storage is full"),
    550: _("the mailbox does not take this mail"),
    551: _("the mailbox has moved"),
    552: _("the mailbox is full"),
    553: _("the address is misspelled"),
    554: _("the server does not want this mail"),
}


def smtp_words(code: int | None, reply: str) -> str:
    """Return what a server's answer or a report's status means, "" if that is unknown."""
    if found := _ENHANCED.search(reply):
        detail = found[1]
        words = _BY_DETAIL.get(detail) or _BY_SUBJECT.get(detail.partition(".")[0])
        if words:
            return str(words)
    return str(_BY_CODE.get(code or 0, ""))
