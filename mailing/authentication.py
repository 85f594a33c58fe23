"""What the receiving server found out about a sender (RFC 8601)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailing.parsing import ParsedEmail

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*(?:/\s*\d+\s*)?=\s*([a-z]{1,20})", re.I)


@dataclass(frozen=True, slots=True)
class Authentication:
    """Results by method, in lower case ("pass", "fail", "softfail" …); "" when there is none."""

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""


def authentication(mail: ParsedEmail, authserv_id: str) -> Authentication:
    """Read the topmost Authentication-Results that the server of that name wrote.

    Anybody can write such a field, but the receiving server adds its own on top and removes others
    by its name (RFC 8601, 5). Of several DKIM signatures one that passes is enough.
    """
    for value in mail.all_headers("authentication-results"):
        for _ in range(5):  # comments may be nested
            value = _COMMENT.sub(" ", value)
        server, *results = value.split(";")
        words = server.split()
        if not words or words[0].lower() != authserv_id.strip().lower():
            continue
        found: dict[str, str] = {}
        for result in results:
            match = _RESULT.match(result)
            if match and found.get(match[1].lower()) != "pass":
                found[match[1].lower()] = match[2].lower()
        return Authentication(**found)
    return Authentication()
