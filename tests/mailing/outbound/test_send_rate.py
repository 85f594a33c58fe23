"""Send rates: what is over waits for its time, fails nothing and keeps its order."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from config.environment import Rate
from mailing.models import OutboundEmail
from mailing.monitoring import problems
from mailing.outbound import outcomes, progress, queue, send_rate
from mailing.outbound.smtp import SendResult, SendStatus
from operators.models import Operator
from tests.concurrency import at_once, then_disconnect
from tests.database import waiting_for_a_lock
from tests.factories import OutboundEmailFactory, ParticipantFactory, TicketFactory
from tests.inbox import receive
from tests.mail import build_delivery_report
from tests.outbox import begin_next
from tickets import replies, services

pytestmark = pytest.mark.django_db

State = OutboundEmail.State
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def send_all(fate: SendStatus = SendStatus.SENT) -> list[int]:
    """Claim and end what may go now; return the mails' ids in that order."""
    sent = []
    while (row := begin_next()) is not None:
        outcomes.record_result(row.pk, row.lease_holder, SendResult(fate, 250, "OK"))
        sent.append(row.pk)
    return sent


def test_what_is_over_the_rate_waits_until_the_span_has_passed(settings: Settings) -> None:
    settings.SEND_RATE = Rate(3, DAY)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        rows = OutboundEmailFactory.create_batch(8)
        began = timezone.now()

        assert send_all() == [row.pk for row in rows[:3]]

        assert send_rate.full_until() == began + DAY
        assert set(OutboundEmail.objects.values_list("state", flat=True)) == {"sent", "queued"}
        assert set(OutboundEmail.objects.values_list("attempts", flat=True)) == {0, 1}
        clock.shift(DAY - timedelta(seconds=1))
        assert send_all() == []
        clock.shift(timedelta(seconds=1))
        assert send_all() == [row.pk for row in rows[3:6]]
        clock.shift(DAY)
        assert send_all() == [row.pk for row in rows[6:]]
        assert send_rate.full_until() is None


def test_the_span_slides(settings: Settings) -> None:
    settings.SEND_RATE = Rate(2, HOUR)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first, second, third, fourth = OutboundEmailFactory.create_batch(4)
        OutboundEmail.objects.exclude(pk=first.pk).update(
            next_attempt_at=timezone.now() + timedelta(minutes=30)
        )
        assert send_all() == [first.pk]
        clock.shift(timedelta(minutes=30))
        assert send_all() == [second.pk]
        clock.shift(timedelta(minutes=30))
        assert send_all() == [third.pk]
        clock.shift(timedelta(minutes=30))
        assert send_all() == [fourth.pk]


def test_one_mailbox_waits_and_the_others_do_not(settings: Settings) -> None:
    settings.SEND_RATE_PER_RECIPIENT = Rate(2, HOUR)
    ticket = TicketFactory.create()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        began = timezone.now()
        theirs = [OutboundEmailFactory.create(ticket=ticket) for _ in range(4)]
        other = OutboundEmailFactory.create()

        assert send_all() == [theirs[0].pk, theirs[1].pk, other.pk]

        waiting = OutboundEmail.objects.get(pk=theirs[2].pk)
        assert (waiting.state, waiting.attempts) == (State.QUEUED, 0)
        assert waiting.next_attempt_at == began + HOUR
        assert waiting.reason == "waits: SEND_RATE_PER_RECIPIENT is reached"
        clock.shift(HOUR)
        assert send_all() == [theirs[2].pk, theirs[3].pk]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (State.SENT, "")


def test_what_the_server_did_not_take_does_not_count(settings: Settings) -> None:
    settings.SEND_RATE = Rate(1, DAY)
    OutboundEmailFactory.create_batch(2)

    for fate in (SendStatus.REFUSED, SendStatus.DEFERRED):
        row = begin_next()
        assert row is not None
        outcomes.record_result(row.pk, row.lease_holder, SendResult(fate, 550, "no"))

    assert send_rate.full_until() is None


def test_a_mail_that_may_have_been_taken_counts(settings: Settings) -> None:
    settings.SEND_RATE = Rate(1, DAY)
    row = OutboundEmailFactory.create()
    claimed = begin_next()
    assert claimed is not None
    assert send_rate.full_until() is not None  # on its way

    outcomes.record_result(
        row.pk, claimed.lease_holder, SendResult(SendStatus.UNCERTAIN, None, "silence")
    )

    assert send_rate.full_until() is not None


def attempt(row: OutboundEmail, fate: SendStatus) -> None:
    OutboundEmail.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now())
    claimed = begin_next()
    assert claimed == row
    outcomes.record_result(row.pk, claimed.lease_holder, SendResult(fate, None, "words"))


@pytest.mark.parametrize("last", [SendStatus.SENT, SendStatus.DEFERRED, SendStatus.REFUSED])
def test_each_try_that_may_have_been_taken_counts(settings: Settings, last: SendStatus) -> None:
    settings.SEND_RATE = Rate(4, DAY)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        row = OutboundEmailFactory.create()
        began = timezone.now()
        for fate in (SendStatus.UNCERTAIN, SendStatus.UNCERTAIN, last):
            attempt(row, fate)
            clock.shift(timedelta(minutes=10))
        OutboundEmailFactory.create_batch(5)

        assert len(send_all()) == (1 if last == SendStatus.SENT else 2)

        assert send_rate.full_until() == began + DAY
        clock.move_to(began + DAY)
        assert len(send_all()) == 1


def test_what_came_back_and_is_sent_again_counts_twice(
    settings: Settings, supervisor_api: APIClient
) -> None:
    settings.SEND_RATE = Rate(3, DAY)
    row = OutboundEmailFactory.create(kind="created")
    attempt(row, SendStatus.SENT)
    row.refresh_from_db()
    row.state, row.reason = State.BOUNCED, "bounced: 5.1.1"
    progress.save_progress(row)

    assert supervisor_api.post(f"/mail/outbox/{row.pk}/retry").status_code == 200
    OutboundEmailFactory.create_batch(3)

    assert len(send_all()) == 2


def test_a_mail_that_came_back_before_its_answer_was_recorded_counts(settings: Settings) -> None:
    settings.SEND_RATE = Rate(1, DAY)
    OutboundEmailFactory.create()
    row = begin_next()
    assert row is not None

    receive(build_delivery_report(row.message_id_header))
    outcomes.record_result(row.pk, row.lease_holder, SendResult(SendStatus.SENT, 250, "OK"))

    row.refresh_from_db()
    assert (row.state, len(row.taken_at)) == (State.BOUNCED, 1)
    assert send_rate.full_until() is not None


def test_an_answer_that_comes_late_makes_no_second_try_of_it(settings: Settings) -> None:
    settings.SEND_RATE = Rate(2, DAY)
    row = OutboundEmailFactory.create()
    claimed = begin_next()
    assert claimed is not None

    for fate in (SendStatus.UNCERTAIN, SendStatus.SENT):
        outcomes.record_result(row.pk, claimed.lease_holder, SendResult(fate, 250, "OK"))

    row.refresh_from_db()
    assert (row.state, len(row.taken_at)) == (State.SENT, 1)
    assert send_rate.full_until() is None


def test_the_span_begins_when_the_server_has_taken_a_mail(settings: Settings) -> None:
    settings.SEND_RATE = settings.SEND_RATE_PER_RECIPIENT = Rate(1, timedelta(seconds=10))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        slow, after = OutboundEmailFactory.create_batch(2)
        claimed = begin_next()
        assert claimed == slow
        clock.shift(timedelta(seconds=25))
        assert begin_next() is None  # it is still on its way
        outcomes.record_result(
            slow.pk, claimed.lease_holder, SendResult(SendStatus.SENT, 250, "OK")
        )

        clock.shift(timedelta(seconds=9))
        assert send_all() == []
        clock.shift(timedelta(seconds=1))
        assert send_all() == [after.pk]


@pytest.mark.django_db(transaction=True)
def test_eight_workers_together_keep_the_rate(settings: Settings) -> None:
    settings.SEND_RATE = Rate(10, DAY)
    OutboundEmailFactory.create_batch(30)

    def claim_some() -> int:
        return sum(begin_next() is not None for _ in range(4))

    assert sum(at_once([claim_some] * 8)) == 10


def test_a_rate_that_is_reached_is_told(settings: Settings) -> None:
    settings.SEND_RATE = Rate(1, DAY)
    OutboundEmailFactory.create_batch(2)
    send_all()

    ((code, sentence),) = problems.find_mail_problems()
    OutboundEmail.objects.filter(state=State.QUEUED).delete()
    assert list(problems.find_mail_problems()) == []  # nothing waits for it

    assert code == "send_rate"
    assert sentence.startswith("SEND_RATE is reached; mail waits until 20")


def test_an_operators_message_shows_that_it_waits(
    settings: Settings, api: APIClient, operator: Operator
) -> None:
    settings.SEND_RATE_PER_RECIPIENT = Rate(1, HOUR)
    ticket = TicketFactory.create()
    OutboundEmailFactory.create(ticket=ticket)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Hello")

        for _ in range(3):
            send_all()
            clock.shift(timedelta(minutes=1))

        frees_at = timezone.now() + HOUR - timedelta(minutes=3)
    (shown,) = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"]
    delivered = shown["delivery"]
    assert (delivered["state"], delivered["attempts"]) == ("queued", 0)
    assert delivered["reason"] == "waits: SEND_RATE_PER_RECIPIENT is reached"
    assert delivered["next_attempt_at"] == frees_at.isoformat().replace("+00:00", "Z")
    assert [(one["state"], one["words"]) for one in delivered["timeline"]] == [
        ("queued", ""),
        ("queued", "waits: SEND_RATE_PER_RECIPIENT is reached"),
    ]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_somebody_withdraws_is_not_waited_for_when_its_mailbox_is_postponed(
    operator: Operator,
) -> None:
    ticket = TicketFactory.create(taken=True, operator=operator, requester__email="ivan@a.example")
    ParticipantFactory.create(ticket=ticket, email="ivan@b.example")
    answer = services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Done.")
    later = timezone.now() + HOUR

    withdraw = partial(
        replies.withdraw_reply, ticket_id=ticket.pk, message_id=answer.pk, by=operator
    )
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            queue._reschedule_mailbox("ivan@b.example", later)
            withdrawn = threads.submit(then_disconnect, withdraw)
            while not waiting_for_a_lock():  # it has locked the other mail
                time.sleep(0.01)
            queue._reschedule_mailbox("ivan@a.example", later)
        withdrawn.result(30)

    assert set(OutboundEmail.objects.values_list("state", flat=True)) == {"withdrawn"}
