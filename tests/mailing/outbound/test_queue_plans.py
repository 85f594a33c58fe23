"""A claim of outgoing mail reads few rows, however many answers are scheduled."""

from uuid import uuid4

import pytest
from django.db import connection

from mailing.outbound import queue
from mailing.outbound.worker import MAX_BATCH
from tests.benchmarks import filling, filling_outbox
from tests.plans import indexes_of, plans, rows_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SCHEDULED = 100_000
DUE = 200
# Of each mail that it may claim, a claim looks at the mails of its ticket.
MOST_ROWS = 2_000


def test_a_claim_reads_few_of_the_scheduled_mails() -> None:
    with connection.cursor() as cursor:
        filling.fill_operators(cursor)
        filling.fill_tickets(cursor, 10_000)
        filling_outbox.fill_scheduled(cursor, SCHEDULED)
        filling_outbox.fill_due(cursor, DUE)

    with plans() as found:
        is_any_due = queue.is_any_due()
        batch = queue.claim_batch(holder=uuid4(), limit=MAX_BATCH)

    assert is_any_due
    assert (len(batch.mails), batch.more_is_due) == (MAX_BATCH, True)
    assert all(mail.send_at is None for mail in batch.mails)
    assert "outbound_waiting" in set().union(*map(indexes_of, found))
    assert max(count for plan in found for count in rows_of(plan)) <= MOST_ROWS


def test_a_claim_of_nothing_reads_none_of_the_scheduled_mails() -> None:
    with connection.cursor() as cursor:
        filling.fill_operators(cursor)
        filling.fill_tickets(cursor, 10_000)
        filling_outbox.fill_scheduled(cursor, SCHEDULED)

    with plans() as found:
        batch = queue.claim_batch(holder=uuid4(), limit=MAX_BATCH)

    assert batch.mails == []
    assert max(count for plan in found for count in rows_of(plan)) <= 1
