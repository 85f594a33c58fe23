"""Read how the receiving server authenticated a sender (RFC 8601)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailing.parsing.message import ParsedEmail

# Quoted strings, and the parentheses of comments (RFC 8601, 2.2).
_QUOTED_OR_PARENTHESIS = re.compile(r'\\.|"(?:[^"\\]|\\.)*"|[()]', re.DOTALL)
_RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*(?:/\s*\d+\s*)?=\s*([a-z]{1,20})", re.I)


@dataclass(frozen=True, slots=True)
class Authentication:
    """Results by method, in lower case ("pass", "fail", "softfail" …); "" when there is none."""

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether the sender seems forged; without a DMARC policy both other methods count."""
        if self.dmarc in ("", "none"):
            return "fail" in (self.spf, self.dkim)
        return self.dmarc == "fail"


def read_authentication_results(mail: ParsedEmail, authserv_id: str) -> Authentication:
    """Read the topmost Authentication-Results that the server of that name wrote.

    Anybody can write such a field, but the receiving server adds its own on top and removes others
    with its name (RFC 8601, 5). One DKIM signature that passes is enough. SPF and DMARC have one
    result each; if there are two, the worse counts, since a sender may have added the better.
    """
    for value in mail.all_headers("authentication-results"):
        server, *clauses = _without_comments_and_quotes(value).split(";")
        words = server.split()
        if not words or words[0].lower() != authserv_id.strip().lower():
            continue
        results: dict[str, str] = {}
        for clause in clauses:
            match = _RESULT.match(clause)
            if match:
                method, result = match[1].lower(), match[2].lower()
                is_settled = (results.get(method) == "pass") == (method == "dkim")
                if method not in results or not is_settled:
                    results[method] = result
        return Authentication(**results)
    return Authentication()


def _without_comments_and_quotes(value: str) -> str:
    """Drop comments, also nested, and quoted strings, because a sender can write into both."""
    kept: list[str] = []
    position = depth = 0
    for match in _QUOTED_OR_PARENTHESIS.finditer(value):
        if not depth:
            kept.append(value[position : match.start()])
        position = match.end()
        depth = max(depth + {"(": 1, ")": -1}.get(match[0], 0), 0)
    if not depth:
        kept.append(value[position:])
    return "".join(kept)
