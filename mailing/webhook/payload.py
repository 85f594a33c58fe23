"""Read the webhook's JSON: one verdict per message, so that a bad one costs no good one."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import Header
from typing import Any, BinaryIO

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError

from mailing.models import InboundEmail
from mailing.webhook.request_body import MEMORY_BYTES, Body, decoded, spool

Source = InboundEmail.Source

MAX_MESSAGES = 1000
_ID_CHARACTERS = 255
# A message from tomorrow is as old as any clock can be wrong; a later date would keep its sender's
# next messages ahead of it for ever.
_CLOCK_TOLERANCE = timedelta(days=1)


@dataclass(repr=False)
class Arrival:
    """One message of a call: what to store of it, or why there is nothing to store."""

    id: str
    source: Source = Source.GMAIL
    internal_date: datetime = field(default_factory=timezone.now)
    thread_id: str = ""
    raw: bytes = b""
    # Of a large mail `raw` is the first megabyte, and the whole lies here.
    spool: BinaryIO | None = None
    size: int = 0
    oversize: bool = False
    error: str = ""


def read(body: Body, webhook_id: str) -> list[Arrival]:
    """Return the messages of a call in the order in which they stand in it.

    Raises `ParseError` for what is no JSON and `ValidationError` for JSON of another form.
    """
    try:
        data = json.loads(body.skeleton())
    except (ValueError, RecursionError) as error:
        raise ParseError(_("The body is not valid JSON.")) from error
    if isinstance(data, dict):
        data = data.get("messages", [data])
    if not isinstance(data, list):
        raise ValidationError({"messages": [_("Must be a list of messages.")]})
    if len(data) > MAX_MESSAGES:
        message = _("At most %(most)d messages in a call.") % {"most": MAX_MESSAGES}
        raise ValidationError({"messages": [message]})
    call = webhook_id[: _ID_CHARACTERS - len(f":{MAX_MESSAGES}")]
    arrivals = [_arrival(item, f"{call}:{index}", body) for index, item in enumerate(data)]
    now = timezone.now()
    for index, arrival in enumerate(arrivals):
        if arrival.source == Source.FIELDS:  # they carry no time, and stand newest first
            arrival.internal_date = now - timedelta(microseconds=index)
    return arrivals


def _arrival(item: Any, default_id: str, body: Body) -> Arrival:
    if not isinstance(item, dict):
        return Arrival(default_id, error=_("Must be an object."))
    item = {
        key: body.full(value) if isinstance(value, str) and key != "raw" else value
        for key, value in item.items()
    }
    if "user_email" in item or "description" in item:
        return _from_fields(item, default_id)
    name = _name(item, default_id)
    arrival = Arrival(name, internal_date=_moment(item.get("internal_date")))
    thread_id = item.get("thread_id")
    if isinstance(thread_id, str) and _clean(thread_id):
        arrival.thread_id = thread_id[:_ID_CHARACTERS]
    if item.get("oversize") is True:
        headers = item.get("headers")
        arrival.raw = headers.encode("utf-8", "replace") if isinstance(headers, str) else b""
        size = item.get("size")
        arrival.size = size if type(size) is int and 0 <= size < 2**63 else 0
        arrival.oversize = True
        return arrival
    try:
        _take_raw(arrival, item.get("raw"), body)
    except ValueError:
        arrival.error = _("raw: must be the base64url of the message's bytes.")
    return arrival


def _name(item: dict[str, Any], default_id: str) -> str:
    """Return a message's own id, or for want of a usable one its place in the call."""
    given = item.get("id")
    usable = isinstance(given, str) and 0 < len(given) <= _ID_CHARACTERS and _clean(given)
    return str(given) if usable else default_id


def _take_raw(arrival: Arrival, raw: Any, body: Body) -> None:
    """Decode base64url, padded or not; raises `ValueError` on anything else, also on nothing."""
    if not isinstance(raw, str) or not raw:
        raise ValueError("no text")
    if body.is_whole(raw):
        arrival.raw = b"".join(decoded([raw.encode("ascii")]))
        arrival.size = len(arrival.raw)
        return
    rest = spool()
    for piece in decoded(body.pieces(raw)):
        rest.write(piece)
    arrival.size = rest.tell()
    rest.seek(0)
    arrival.raw, arrival.spool = rest.read(MEMORY_BYTES), rest


def _moment(milliseconds: Any) -> datetime:
    """Return Gmail's internalDate; a missing or absurd one is now, since the mail itself counts."""
    if isinstance(milliseconds, str) and milliseconds.isascii() and milliseconds.isdigit():
        milliseconds = int(milliseconds[:16])
    if type(milliseconds) not in (int, float):
        return timezone.now()
    now = timezone.now()
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return now
    return moment if moment.year >= 1990 and moment < now + _CLOCK_TOLERANCE else now


def _from_fields(item: dict[str, Any], default_id: str) -> Arrival:
    """Make an RFC 5322 message of the three fields, so that there is one path."""
    title, description, sender = (
        item[name] if isinstance(item.get(name), str) else ""
        for name in ("title", "description", "user_email")
    )
    head = {
        "From": " ".join(_encodable(sender).split()),
        "Subject": Header(" ".join(_encodable(title).split()), "utf-8", maxlinelen=998).encode(),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    raw = f"{lines}\r\n{_encodable(description)}".encode()
    return Arrival(_name(item, default_id), source=Source.FIELDS, raw=raw, size=len(raw))


def _encodable(text: str) -> str:
    """Replace lone surrogates, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _clean(text: str) -> bool:
    return text.isprintable() and text == _encodable(text)
