"""What the receiving server found out about a sender (RFC 8601)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailing.parsing.message import ParsedEmail

# What has no meaning of its own: quoted strings, and the marks of comments (RFC 8601, 2.2).
_MARKS = re.compile(r'\\.|"(?:[^"\\]|\\.)*"|[()]', re.DOTALL)
_RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*(?:/\s*\d+\s*)?=\s*([a-z]{1,20})", re.I)


@dataclass(frozen=True, slots=True)
class Authentication:
    """Results by method, in lower case ("pass", "fail", "softfail" …); "" when there is none."""

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""


def read_authentication_results(mail: ParsedEmail, authserv_id: str) -> Authentication:
    """Read the topmost Authentication-Results that the server of that name wrote.

    Anybody can write such a field, but the receiving server adds its own on top and removes others
    by its name (RFC 8601, 5). Of several DKIM signatures one that passes is enough. For SPF and
    DMARC there is one result, so that of two a sender slipped one in, which never is the worse.
    """
    for value in mail.all_headers("authentication-results"):
        server, *results = _bare(value).split(";")
        words = server.split()
        if not words or words[0].lower() != authserv_id.strip().lower():
            continue
        found: dict[str, str] = {}
        for result in results:
            match = _RESULT.match(result)
            if match:
                method, verdict = match[1].lower(), match[2].lower()
                settled = (found.get(method) == "pass") == (method == "dkim")
                if method not in found or not settled:
                    found[method] = verdict
        return Authentication(**found)
    return Authentication()


def _bare(value: str) -> str:
    """Drop comments, nested ones too, and quoted strings: a sender's address stands in both."""
    out: list[str] = []
    position = depth = 0
    for mark in _MARKS.finditer(value):
        if not depth:
            out.append(value[position : mark.start()])
        position = mark.end()
        depth = max(depth + {"(": 1, ")": -1}.get(mark[0], 0), 0)
    if not depth:
        out.append(value[position:])
    return "".join(out)
