"""Why a message is in its ticket, in words; mailing.inbound.origin says what is known of it."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.desk.evidence_words import say_evidence
from tickets.desk.people import People
from tickets.models import Message


@dataclass(frozen=True, repr=False)
class Origin:
    """A sentence that says why a message is here, and the facts behind it.

    facts: names and values. is_suspicious: whether the sender seems forged.
    """

    sentence: str
    facts: list[tuple[str, str]]
    is_suspicious: bool


_RULES: dict[str, str | Promise] = {
    "open_ticket": gettext_lazy("Its sender had this ticket open."),
    "new_ticket": gettext_lazy("It began a new ticket: it answers no closed one of its sender."),
    "last_ticket": gettext_lazy("It began a ticket that follows the sender's last, closed one."),
    "participant": gettext_lazy("A participant answered a mail of this ticket."),
    "merged": gettext_lazy("Its sender's ticket was merged into this one."),
    "reaction": gettext_lazy("It is a reaction to a mail of this ticket."),
}
_KINDS: dict[str, str | Promise] = {
    "person": gettext_lazy("a person"),
    "auto_reply": gettext_lazy("an automatic reply"),
    "machine": gettext_lazy("a machine"),
    "bounce": gettext_lazy("a delivery report"),
    "complaint": gettext_lazy("a complaint"),
    "ours": gettext_lazy("this desk"),
}


def origin_of(message: Message, people: People) -> Origin | None:
    """Return why a message of a requester or a participant is in its ticket, if that is known."""
    origin = message.origin
    if not isinstance(origin, dict) or not origin:
        return None
    results = origin.get("authentication") or {}
    return Origin(_sentence(message, origin, people), _facts(origin), _has_failed(results))


def _sentence(message: Message, origin: dict[str, Any], people: People) -> str:
    if "operator" in origin:
        return _("%(name)s entered it.") % {"name": people.operator(origin["operator"])}
    rule = str(origin.get("rule", ""))
    if rule == "reference":
        if message.number == 1:
            return _("It answers a mail of a closed ticket, so it began a new one that follows it.")
        if str(origin.get("evidence", "")).startswith("answers our mail"):
            return _("It answers a mail that we sent in this ticket.")
        return _("It answers a mail of this ticket.")
    return str(_RULES.get(rule) or origin.get("evidence") or rule)


def _facts(origin: dict[str, Any]) -> list[tuple[str, str]]:
    kind = str(origin.get("kind") or "")
    results = origin.get("authentication") or {}
    checks = [f"{name.upper()} {result}" for name, result in results.items() if result]
    facts = [
        (_("Written by"), str(_KINDS.get(kind, kind))),
        (_("How that is known"), _joined(origin, "kind_rule", "kind_evidence")),
        (_("Evidence"), _joined(origin, "evidence")),
        (_("Sender checks"), ", ".join(checks)),
        (_("Signature"), _joined(origin, "signature")),
        (_("Answers go to"), ", ".join(map(str, origin.get("reply_to") or []))),
        (_("No receipt was sent"), _joined(origin, "not_acknowledged")),
        (_("Not put into"), ", ".join(_rejected(origin))),
        (_("Message-ID"), _joined(origin, "message_id")),
    ]
    return [(name, value) for name, value in facts if value]


def _joined(origin: dict[str, Any], *names: str) -> str:
    return ": ".join(say_evidence(str(origin[name])) for name in names if origin.get(name))


def _rejected(origin: dict[str, Any]) -> list[str]:
    return [
        f"#{other.get('request')} ({say_evidence(str(other.get('evidence')))})"
        for other in origin.get("rejected") or []
        if isinstance(other, dict)
    ]


def _has_failed(results: dict[str, Any]) -> bool:
    """Return whether the sender seems forged, as `Authentication.has_failed` does for mailing."""
    if results.get("dmarc") in (None, "", "none"):
        return "fail" in (results.get("spf"), results.get("dkim"))
    return bool(results["dmarc"] == "fail")
