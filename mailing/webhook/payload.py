"""Read the webhook's JSON, each message by itself, so that a bad message rejects no other."""

import json
from datetime import UTC, datetime, timedelta
from email.header import Header
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError

from mailing.inbound.arrival import Arrival, Source
from mailing.webhook.request_body import (
    MEMORY_BYTES,
    Body,
    decode_base64url,
    decode_base64url_pieces,
    open_spool,
)

MAX_MESSAGES = 1000
_ID_CHARACTERS = 255
# No clock is wrong by more than a day. A message with a later date would wait behind all others of
# its requester for ever.
_CLOCK_TOLERANCE = timedelta(days=1)


def read_arrivals(body: Body, webhook_id: str) -> list[Arrival]:
    """Return the messages of a call in their order.

    Raises `ParseError` when the body is not JSON and `ValidationError` for JSON of another form.
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
    arrivals = [_read_arrival(item, f"{call}:{index}", body) for index, item in enumerate(data)]
    now = timezone.now()
    for index, arrival in enumerate(arrivals):
        if arrival.source == Source.FIELDS:  # without a time; a call has the newest message first
            arrival.internal_date = now - timedelta(microseconds=index)
    return arrivals


def _read_arrival(item: Any, default_id: str, body: Body) -> Arrival:
    if not isinstance(item, dict):
        return Arrival(default_id, error=_("Must be an object."))
    item = {
        key: body.restore(value) if isinstance(value, str) and key != "raw" else value
        for key, value in item.items()
    }
    if "user_email" in item or "description" in item:
        return _from_fields(item, default_id)
    external_id = _external_id(item, default_id)
    arrival = Arrival(external_id, internal_date=_read_time(item.get("internal_date")))
    thread_id = item.get("thread_id")
    if isinstance(thread_id, str) and _is_clean(thread_id):
        arrival.thread_id = thread_id[:_ID_CHARACTERS]
    if item.get("oversize") is True:
        headers = item.get("headers")
        arrival.raw = headers.encode("utf-8", "replace") if isinstance(headers, str) else b""
        size = item.get("size")
        arrival.size = size if type(size) is int and 0 <= size < 2**63 else 0
        arrival.oversize = True
        return arrival
    try:
        _read_raw(arrival, item.get("raw"), body)
    except ValueError:
        arrival.error = _("raw: must be the base64url of the message's bytes.")
    return arrival


def _external_id(item: dict[str, Any], default_id: str) -> str:
    """Return a message's own id, or the default if it has none that can be used."""
    given = item.get("id")
    if isinstance(given, str) and 0 < len(given) <= _ID_CHARACTERS and _is_clean(given):
        return given
    return default_id


def _read_raw(arrival: Arrival, raw: Any, body: Body) -> None:
    """Decode a message's bytes; raises `ValueError` unless they are base64url, padded or not."""
    if not isinstance(raw, str) or not raw:
        raise ValueError("not a string, or empty")
    if body.is_complete(raw):
        arrival.raw = decode_base64url(raw.encode("ascii"))
        arrival.size = len(arrival.raw)
        return
    spool = open_spool()
    for piece in decode_base64url_pieces(body.pieces(raw)):
        spool.write(piece)
    arrival.size = spool.tell()
    spool.seek(0)
    arrival.raw, arrival.spool = spool.read(MEMORY_BYTES), spool


def _read_time(milliseconds: Any) -> datetime:
    """Return the time of Gmail's internalDate, or the present time when it cannot be right."""
    if isinstance(milliseconds, str) and milliseconds.isascii() and milliseconds.isdigit():
        milliseconds = int(milliseconds[:16])
    if type(milliseconds) not in (int, float):
        return timezone.now()
    now = timezone.now()
    try:
        time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return now
    return time if time.year >= 1990 and time < now + _CLOCK_TOLERANCE else now


def _from_fields(item: dict[str, Any], default_id: str) -> Arrival:
    """Make an RFC 5322 message of the original form's fields: all mail is processed alike."""
    title, description, sender = (
        item[name] if isinstance(item.get(name), str) else ""
        for name in ("title", "description", "user_email")
    )
    headers = {
        "From": " ".join(_encodable(sender).split()),
        "Subject": Header(" ".join(_encodable(title).split()), "utf-8", maxlinelen=998).encode(),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    header_block = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    raw = f"{header_block}\r\n{_encodable(description)}".encode()
    return Arrival(_external_id(item, default_id), source=Source.FIELDS, raw=raw, size=len(raw))


def _encodable(text: str) -> str:
    """Replace lone surrogates, which JSON can express and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _is_clean(text: str) -> bool:
    return text.isprintable() and text == _encodable(text)
