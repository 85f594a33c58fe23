"""Keep the answers of requests that have an `Idempotency-Key`, to give them again for a day."""

import re
from datetime import timedelta
from hashlib import blake2b

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from operators.exceptions import RequestUnderWay
from operators.models import KEY_CHARACTERS, IdempotencyKey, Operator

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(days=1)
# What a header's value may consist of (RFC 9110, 5.5).
_KEY = re.compile(rf"[^\x00-\x1f\x7f]{{1,{KEY_CHARACTERS}}}")


def has_key(request: Request) -> bool:
    """Return whether a request names a key, well-formed or not."""
    return HEADER in request.headers


def read_key(request: Request) -> str:
    """Return the key of a request that has one; raises `ValidationError` for a malformed one."""
    key = str(request.headers[HEADER])
    if not _KEY.fullmatch(key):
        problem = _("Must have 1 to %(most)d characters; a new UUID for each change is usual.")
        raise ValidationError({HEADER: [problem % {"most": KEY_CHARACTERS}]})
    return key


def lock_key(*, operator: Operator, key: str) -> None:
    """Lock an operator's key until the transaction ends.

    Raises `RequestUnderWay` if another transaction holds it.
    """
    name = f"{operator.pk} {key}".encode()
    # Negative, since the numbers of `mailing.queueing.locks` are positive.
    number = ~(int.from_bytes(blake2b(name, digest_size=8).digest()) >> 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        (is_locked,) = cursor.fetchone()
    if not is_locked:
        raise RequestUnderWay


def find_answer(*, operator: Operator, key: str) -> IdempotencyKey | None:
    """Return the answer that is kept under an operator's key, if there is any."""
    after = timezone.now() - KEPT_FOR
    kept = IdempotencyKey.objects.filter(operator=operator, key=key, created_at__gt=after)
    return kept.first()


def keep_answer(answer: IdempotencyKey) -> None:
    """Store the answer under a locked key, in place of an expired one."""
    answer.created_at = timezone.now()
    IdempotencyKey.objects.bulk_create(
        [answer],
        update_conflicts=True,
        unique_fields=["operator", "key"],
        update_fields=["request_hash", "status", "content", "etag", "created_at"],
    )


def delete_expired_keys() -> None:
    """Delete the keys that are older than a day, with their answers."""
    IdempotencyKey.objects.filter(created_at__lte=timezone.now() - KEPT_FOR).delete()
