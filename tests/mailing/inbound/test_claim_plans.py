"""A claim looks at few mails, however many wait."""

from uuid import uuid4

import pytest
from django.db import connection

from mailing.inbound import queue
from mailing.models import InboundEmail
from tests.benchmarks import filling
from tests.inbox import claim, store_mail
from tests.plans import rows_read

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MAILS = 20_000
# A claim looks at 1,000 mails, and at those that are held.
MOST_ROWS = 2_000


@pytest.mark.parametrize("of_one_sender", [False, True])
def test_a_claim_reads_few_of_the_waiting_mails(of_one_sender: bool) -> None:
    with connection.cursor() as cursor:
        filling.fill_inbox(cursor, MAILS)
        filling.fill_waiting(cursor, MAILS, of_one_sender=of_one_sender)
    first = claim(uuid4())
    retried = store_mail("retried@example.com", attempts=1)

    with rows_read() as counts:
        second = claim(uuid4())
        third = claim(uuid4())

    assert (len(first), retried.pk in third) == (queue.BATCH, False)
    senders = InboundEmail.objects.filter(pk__in=second).values_list("requester_address", flat=True)
    assert "busy@example.com" not in senders
    assert len(second) == (1 if of_one_sender else queue.BATCH)
    assert max(counts) <= MOST_ROWS


def test_when_the_oldest_mails_all_have_to_wait_the_oldest_of_other_senders_is_next() -> None:
    with connection.cursor() as cursor:
        filling.fill_waiting(cursor, 2_000, of_one_sender=True)
    InboundEmail.objects.exclude(requester_address="busy@example.com").delete()
    claim(uuid4())
    later = store_mail("a@example.com", minutes_ago=-1)
    sooner = store_mail("b@example.com", minutes_ago=-1)
    InboundEmail.objects.filter(pk=later.pk).update(internal_date=sooner.internal_date)
    store_mail("b@example.com", minutes_ago=-2)

    assert claim(uuid4()) == [later.pk, sooner.pk]
