"""How far the mails of an operator's message have got, in words that a person understands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.desk.history_words import read_moment
from tickets.desk.smtp_words import smtp_words
from tickets.models import Message


@dataclass(frozen=True, repr=False)
class DeliveryStep:
    """A step of a delivery: when, what happened, and what the server said of it."""

    at: str
    words: str
    said: str


@dataclass(frozen=True, repr=False)
class DeliveryLine:
    """The delivery to one recipient.

    tone: "good", "warn", "bad" or "" for the badge. said: the server's own words.
    """

    recipient: str
    words: str
    tone: str
    said: str
    state: str
    held_by: int | None
    steps: list[DeliveryStep]


@dataclass(frozen=True, repr=False)
class DeliveryGroup:
    """The recipients whose mails have got equally far."""

    lines: list[DeliveryLine]

    @property
    def first(self) -> DeliveryLine:
        """The line that speaks for all."""
        return self.lines[0]


# What the outbox gives as its reasons (mailing.outbound), from their beginnings.
_REASONS: dict[str, str | Promise] = {
    "the requester's mail named no sender": gettext_lazy("their mail named no address to answer"),
    "cancelled by operator": gettext_lazy("an operator cancelled it"),
    "waits: SEND_RATE": gettext_lazy("it waits its turn: much mail goes there at the moment"),
    "muted until": gettext_lazy("mail to this address came back before"),
    "it is one of this desk's own addresses": gettext_lazy("it is an address of this desk itself"),
}


def delivery_lines(message: Message, requester_email: str) -> list[DeliveryLine]:
    """Return the deliveries of an operator's message: to the requester, then of the copies."""
    if not message.delivery:
        return []
    of_all = [(requester_email, message.delivery), *sorted(message.copies.items())]
    return [_line(recipient, delivery) for recipient, delivery in of_all]


def grouped(lines: list[DeliveryLine]) -> list[DeliveryGroup]:
    """Return the deliveries with those together that have the same words."""
    groups: dict[str, list[DeliveryLine]] = {}
    for line in lines:
        groups.setdefault(line.words, []).append(line)
    return [DeliveryGroup(of_words) for of_words in groups.values()]


def may_withdraw(lines: list[DeliveryLine]) -> bool:
    """Return whether something of a message may not have left yet."""
    return any(line.state in ("queued", "deferred", "held") for line in lines)


def may_send_now(message: Message) -> bool:
    """Return whether a message is held, or waits for its time."""
    deliveries = [message.delivery or {}, *message.copies.values()]
    return any(
        one.get("state") == "held" or (one.get("state") == "queued" and one.get("send_at"))
        for one in deliveries
    )


def _line(recipient: str, delivery: dict[str, Any]) -> DeliveryLine:
    state = str(delivery.get("state", ""))
    words, tone = _STATES.get(state, _unknown)(delivery)
    bounce = delivery.get("bounce") or {}
    said = str(bounce.get("reason") or "") or _answer(delivery)
    return DeliveryLine(
        recipient=recipient,
        words=words,
        tone=tone,
        said="" if state in ("sent", "queued", "withdrawn", "held") and not bounce else said,
        state=state,
        held_by=delivery.get("held_by"),
        steps=[_step(step) for step in delivery.get("timeline") or []],
    )


def _step(step: dict[str, Any]) -> DeliveryStep:
    # The history names the operator who withdrew an answer.
    said = "" if step.get("state") == "withdrawn" else str(step.get("words") or "")
    code = step.get("smtp_code")
    if code and not said.startswith(str(code)):
        said = f"{code} {said}".strip()
    words = str(_STEPS.get(str(step.get("state")), step.get("state")))
    if step.get("state") in ("deferred", "failed", "bounced"):
        words = _because(words, smtp_words(code, said))
    return DeliveryStep(read_moment(step.get("at")), words, said)


def _answer(delivery: dict[str, Any]) -> str:
    """Return the server's answer, or the outbox's reason where it gave none."""
    reply = str(delivery.get("smtp_reply") or "")
    if not reply:
        return str(delivery.get("reason") or "")
    return f"{delivery.get('smtp_code') or ''} {reply}".strip()


def _because(words: str, reason: str) -> str:
    return f"{words}: {reason}" if reason else words


def _reason(delivery: dict[str, Any]) -> str:
    reason = str(delivery.get("reason") or "")
    known = (words for start, words in _REASONS.items() if reason.startswith(start))
    return str(next(known, reason))


def _smtp_reason(delivery: dict[str, Any]) -> str:
    return smtp_words(delivery.get("smtp_code"), str(delivery.get("smtp_reply") or ""))


def _queued(delivery: dict[str, Any]) -> tuple[str, str]:
    if delivery.get("send_at"):
        return _("Goes out at %(time)s") % {"time": read_moment(delivery["send_at"])}, "accent"
    return _because(_("On its way"), _reason(delivery)), ""


def _sending(delivery: dict[str, Any]) -> tuple[str, str]:
    return _("Is being sent"), ""


def _sent(delivery: dict[str, Any]) -> tuple[str, str]:
    bounce = delivery.get("bounce") or {}
    action = bounce.get("action")
    if action == "delayed":
        words = _("Sent, but their server says that it is late")
        return _because(words, smtp_words(None, _report(bounce))), "warn"
    if action == "complaint":
        return _("Sent, but they reported it as unwanted"), "bad"
    if action == "delivered":
        return _("Delivered to their mailbox"), "good"
    time = read_moment(delivery.get("sent_at"))
    return _("Accepted by the mail server at %(time)s") % {"time": time}, "good"


def _deferred(delivery: dict[str, Any]) -> tuple[str, str]:
    words = _because(_("The server could not take it yet"), _smtp_reason(delivery))
    time = read_moment(delivery.get("next_attempt_at"))
    return f"{words}. " + _("We try again at %(time)s") % {"time": time}, "warn"


def _uncertain(delivery: dict[str, Any]) -> tuple[str, str]:
    words = _("The connection broke off, so it may have arrived or not")
    if not delivery.get("next_attempt_at"):
        return f"{words}. " + _("A supervisor decides whether it is sent again"), "bad"
    time = read_moment(delivery["next_attempt_at"])
    return f"{words}. " + _("We try again at %(time)s") % {"time": time}, "warn"


def _failed(delivery: dict[str, Any]) -> tuple[str, str]:
    late = str(delivery.get("reason") or "").startswith("not taken for a day")
    words = _("The server did not take it for a day") if late else _("The server refused it")
    return _because(words, _smtp_reason(delivery)), "bad"


def _suppressed(delivery: dict[str, Any]) -> tuple[str, str]:
    return _because(_("Not sent"), _reason(delivery)), "bad"


def _bounced(delivery: dict[str, Any]) -> tuple[str, str]:
    return _because(_("Came back"), smtp_words(None, _report(delivery.get("bounce") or {}))), "bad"


def _held(delivery: dict[str, Any]) -> tuple[str, str]:
    return _("Held: they wrote meanwhile"), "warn"


def _withdrawn(delivery: dict[str, Any]) -> tuple[str, str]:
    return _("Taken back before it left"), ""


def _unknown(delivery: dict[str, Any]) -> tuple[str, str]:
    return str(delivery.get("state", "")), ""


def _report(bounce: dict[str, Any]) -> str:
    """Return the status and the reason of a delivery report."""
    return f"{bounce.get('status') or ''} {bounce.get('reason') or ''}".strip()


_STATES: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "queued": _queued,
    "sending": _sending,
    "sent": _sent,
    "deferred": _deferred,
    "uncertain": _uncertain,
    "failed": _failed,
    "suppressed": _suppressed,
    "bounced": _bounced,
    "held": _held,
    "withdrawn": _withdrawn,
}
_STEPS: dict[str, str | Promise] = {
    "queued": gettext_lazy("Waits to be sent"),
    "sending": gettext_lazy("Sending began"),
    "sent": gettext_lazy("The mail server accepted it"),
    "deferred": gettext_lazy("The server could not take it yet"),
    "uncertain": gettext_lazy("The connection broke off"),
    "failed": gettext_lazy("The server refused it"),
    "suppressed": gettext_lazy("Not sent"),
    "bounced": gettext_lazy("Came back"),
    "held": gettext_lazy("Held: they wrote meanwhile"),
    "withdrawn": gettext_lazy("Taken back"),
}
