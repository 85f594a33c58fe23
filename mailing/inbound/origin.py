"""Why a message is in its ticket, as the API shows it."""

from dataclasses import asdict
from typing import Any

from mailing.inbound.matching import Match
from mailing.inbound.reading import ReadMail

_REPLY_TO_ADDRESSES = 10


def origin(mail: ReadMail, match: Match, *, not_acknowledged: str) -> dict[str, Any]:
    """Return why a message is in its ticket, as the API shows it in `origin`.

    not_acknowledged: why its ticket must not be acknowledged, "" if it may be.
    """
    parsed, verdict = mail.parsed, mail.verdict
    return {
        "inbox": mail.inbound.pk,
        "trace": mail.inbound.trace,
        "accepted": mail.inbound.as_person,
        "message_id": parsed.message_id,
        "reply_to": [address.email for address in parsed.reply_to[:_REPLY_TO_ADDRESSES]],
        "kind": verdict.kind,
        "kind_rule": verdict.rule,
        "kind_evidence": verdict.evidence,
        **match.as_json(),
        "authentication": asdict(verdict.authentication),
        "signature": parsed.signature,
        "not_acknowledged": not_acknowledged,
    }
