"""Claiming, changing and matching a mail reads few others, however many there are."""

from uuid import uuid4

import pytest
from django.db import connection

from mailing.inbound import queue
from mailing.inbound.matching import NamedTickets
from mailing.models import InboundEmail
from mailing.own_mail import SentMails
from mailing.parsing import message
from tests.benchmarks import filling
from tests.inbox import claim, store_mail
from tests.mail import build_mail
from tests.plans import rows_read
from tickets.models import Requester

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MAILS = 20_000
# A claim looks at 1,000 mails, and at those that are held.
MOST_ROWS = 2_000
# Of the table and its indexes, each of which is a few pages high.
MOST_PAGES_A_MAIL = 60


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


def test_changing_a_mail_touches_few_pages_however_many_mails_wait() -> None:
    with connection.cursor() as cursor:
        filling.fill_waiting(cursor, MAILS)
        cursor.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
            " UPDATE mailing_inboundemail SET attempts = 1, lease_expires_at = now()"
            " WHERE source = 'gmail' AND external_id = 'waiting7'"
        )
        (plan,) = cursor.fetchone()

    pages = plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
    assert pages <= MOST_PAGES_A_MAIL


def test_references_are_looked_up_without_reading_the_inbox() -> None:
    with connection.cursor() as cursor:
        filling.fill_inbox(cursor, MAILS)
    mail = message.parse(build_mail(in_reply_to="<unknown@example.com>"))

    with rows_read() as counts:
        assert NamedTickets([mail], SentMails([])).find(mail, Requester()) is None

    assert max(counts) == 0


def test_releasing_mail_reads_few_of_the_mails_that_only_wait() -> None:
    with connection.cursor() as cursor:
        filling.fill_waiting(cursor, MAILS)
    holder = uuid4()
    claim(holder)

    with rows_read() as counts:
        queue.release_untried(holder)
        queue.release_orphans()

    assert max(counts) < MAILS / 10
