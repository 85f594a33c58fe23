"""Do once what a form of the desk asks for, however often it is sent.

Its page gives it a key. A double click, or a form that is sent again because its answer was lost,
comes with the key of the first, and leads to the same page.
"""

import time
import uuid
from collections.abc import Callable
from hashlib import blake2b

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from operators.exceptions import Conflict, RequestUnderWay
from operators.idempotency import find_answer, keep_answer, lock_key
from operators.models import IdempotencyKey, Operator

_MOST_CHARACTERS = 100
_WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.05


class SentWithOtherContent(Conflict):
    """The form was sent before, with something else in it, and that was done."""

    default_code = "sent_with_other_content"
    default_detail = _(
        "This was sent already, before you changed it. Look at the conversation, and send it again"
        " if both are to be sent."
    )


def new_key() -> str:
    """Return a key for a form."""
    return str(uuid.uuid4())


def is_done(*, operator: Operator, key: str) -> bool:
    """Return whether the form with this key was sent."""
    return find_answer(operator=operator, key=_stored(key)) is not None


def do_once(*, operator: Operator, key: str, content: str, run: Callable[[], str]) -> str:
    """Run in a transaction what a form asks for, and return the page that shows it.

    content: what is in the form. A form that is sent again waits for the first and gets its page.
    Raises `SentWithOtherContent`, `RequestUnderWay`, and what `run` raises, which leaves no trace.
    """
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return _do_once(operator, _stored(key), content, run)
        except RequestUnderWay:
            if time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)


@transaction.atomic
def _do_once(operator: Operator, key: str, content: str, run: Callable[[], str]) -> str:
    lock_key(operator=operator, key=key)
    content_hash = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()
    if answer := find_answer(operator=operator, key=key):
        if answer.request_hash != content_hash:
            raise SentWithOtherContent
        return answer.content
    page = run()
    kept = IdempotencyKey(
        operator=operator, key=key, request_hash=content_hash, status=303, content=page, etag=""
    )
    keep_answer(kept)
    return page


def _stored(key: str) -> str:
    """Return the key as it is stored, apart from those of the API."""
    printable = "".join(filter(str.isprintable, key[:_MOST_CHARACTERS]))
    return f"desk {printable or new_key()}"
