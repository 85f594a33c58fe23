"""Which mail of the inbox a worker gets next."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from mailing.inbound import queue
from mailing.models import InboundEmail
from tests.inbox import claim, store_mail

pytestmark = pytest.mark.django_db

State = InboundEmail.State


def end_what_is_held_by(holder: UUID) -> None:
    InboundEmail.objects.filter(lease_holder=holder).update(
        state=State.IGNORED, reason="x", processed_at=timezone.now(), lease_holder=None
    )


def test_a_claim_leases_in_the_order_of_arrival_then_of_storing() -> None:
    third = store_mail("c@example.com", minutes_ago=1)
    first = store_mail("a@example.com", minutes_ago=3)
    second = store_mail("b@example.com", minutes_ago=3)
    InboundEmail.objects.filter(pk=second.pk).update(internal_date=first.internal_date)
    holder = uuid4()

    assert claim(holder) == [first.pk, second.pk, third.pk]

    leased = InboundEmail.objects.filter(lease_holder=holder)
    assert leased.count() == 3
    for row in leased:
        assert row.lease_expires_at is not None
        assert abs(row.lease_expires_at - timezone.now() - queue.LEASE) < timedelta(seconds=5)
    assert set(leased.values_list("state", "attempts")) == {(State.RECEIVED, 1)}


def test_a_claim_is_at_most_a_hundred_mails() -> None:
    rows = [store_mail(f"{number}@example.com", minutes_ago=130 - number) for number in range(102)]

    assert claim(uuid4()) == [row.pk for row in rows[:100]]
    assert claim(uuid4()) == [row.pk for row in rows[100:]]
    assert claim(uuid4()) == []


def test_a_claim_is_at_most_four_megabytes_or_one_mail() -> None:
    sizes = [2_000_000, 2_000_000, 9_000_000, 1_000, 1_000]
    rows = [
        store_mail(f"{number}@example.com", minutes_ago=9 - number, size=size)
        for number, size in enumerate(sizes)
    ]

    claimed = [claim(uuid4()) for _ in range(3)]

    assert claimed == [
        [rows[0].pk, rows[1].pk],
        [rows[2].pk],
        [rows[3].pk, rows[4].pk],
    ]


def test_a_sender_of_whom_another_worker_holds_a_mail_is_passed_over() -> None:
    store_mail("busy@example.com", minutes_ago=3)
    claim(uuid4())
    store_mail("busy@example.com", minutes_ago=2)
    free = store_mail("free@example.com", minutes_ago=1)

    assert claim(uuid4()) == [free.pk]


def test_a_lease_that_ran_out_is_free_again() -> None:
    row = store_mail("a@example.com")
    claim(uuid4())
    InboundEmail.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    holder = uuid4()

    assert claim(holder) == [row.pk]

    row.refresh_from_db()
    assert row.lease_holder == holder


def test_mail_that_was_tried_before_is_claimed_alone_in_the_order_of_its_tries() -> None:
    now = timezone.now()
    later, sooner = (
        store_mail(
            f"tried{minutes}@example.com",
            minutes_ago=9,
            attempts=1,
            next_attempt_at=now - timedelta(minutes=minutes),
        )
        for minutes in (2, 4)
    )
    ahead = [store_mail(f"{minutes}@example.com", minutes_ago=minutes) for minutes in (8, 6)]
    claimed = [claim(uuid4())]
    # What comes after the try goes behind it, also what had been in the mailbox for long.
    behind = store_mail("behind@example.com", minutes_ago=99)
    InboundEmail.objects.filter(pk=behind.pk).update(received_at=now)

    claimed += [claim(uuid4()) for _ in range(4)]

    assert claimed == [[row.pk for row in ahead], [sooner.pk], [later.pk], [behind.pk], []]


def test_mail_whose_worker_died_queues_anew_from_then() -> None:
    killer = store_mail("a@example.com", minutes_ago=9)
    claim(uuid4())
    waits = [store_mail(f"{minutes}@example.com", minutes_ago=minutes) for minutes in (8, 6)]

    assert queue.release_orphans() == 1

    claimed = [claim(uuid4())]
    comes = store_mail("b@example.com", minutes_ago=-1)
    claimed += [claim(uuid4()) for _ in range(2)]
    assert claimed == [[row.pk for row in waits], [killer.pk], [comes.pk]]


def test_each_mail_of_a_dead_workers_batch_is_claimed_alone() -> None:
    batch = [store_mail(f"{number}@example.com", minutes_ago=9 - number) for number in range(3)]
    assert claim(uuid4()) == [mail.pk for mail in batch]

    queue.release_orphans()

    assert [claim(uuid4()) for _ in range(4)] == [*([mail.pk] for mail in batch), []]


def test_a_sender_whose_mail_was_tried_before_keeps_its_order() -> None:
    before, tried, after = (
        store_mail("a@example.com", minutes_ago=3 - number, attempts=number % 2)
        for number in range(3)
    )
    other = store_mail("b@example.com", minutes_ago=4)
    holder = uuid4()

    claimed = []
    for _ in range(4):
        claimed.append(claim(holder))
        end_what_is_held_by(holder)

    assert claimed == [[other.pk], [before.pk], [tried.pk], [after.pk]]
