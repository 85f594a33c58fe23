"""Merging and unmerging while an operator closes and the requesters write, each in a thread."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest
from django.db import transaction

from mailing.inbound import queue
from mailing.models import InboundEmail
from operators.models import Operator
from tests.concurrency import at_once, then_disconnect
from tests.database import waiting_for_a_lock
from tests.factories import OperatorFactory
from tests.inbox import process_inbox, receive
from tests.mail import build_mail
from tests.webhook import post_mails
from tickets import merging, participants, services
from tickets.exceptions import (
    HasMerged,
    HasOpenRequest,
    MergedElsewhere,
    NotAllowedInThisStatus,
)
from tickets.models import HistoryEntry, Message, Participant, Ticket

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ANNA, BORIS, CARL = "anna@example.com", "boris@example.com", "carl@example.com"


@pytest.fixture(params=[False, True])
def two(request: pytest.FixtureRequest) -> tuple[Ticket, Ticket]:
    """Anna's ticket with Carl in copy, and Boris's; either of them is the older one."""
    anna, boris = build_mail(ANNA, message_id="<anna@x>", cc=CARL), build_mail(BORIS)
    receive(*([boris, anna] if request.param else [anna, boris]))
    tickets = Ticket.objects.all()
    return tickets.get(requester__email=ANNA), tickets.get(requester__email=BORIS)


def merge(ticket: Ticket, into: Ticket, by: Operator) -> str:
    try:
        merging.merge_ticket(ticket_id=ticket.pk, into=into.pk, by=by)
    except NotAllowedInThisStatus:
        return "refused"
    return "done"


def close(ticket: Ticket, by: Operator) -> str:
    try:
        services.close_ticket(ticket_id=ticket.pk, by=by)
    except NotAllowedInThisStatus:
        return "refused"
    return "done"


def assert_whole() -> None:
    """Check what holds in any order: open turns, versions and the numbers of messages."""
    for ticket in Ticket.objects.all():
        assert (ticket.waiting_on is None) == (ticket.status == "closed")
        versions = HistoryEntry.objects.filter(ticket=ticket).order_by("pk")
        assert list(versions.values_list("version", flat=True))[-1] == ticket.version
        numbers = Message.objects.filter(ticket=ticket).order_by("number")
        assert list(numbers.values_list("number", flat=True)) == [
            *range(1, ticket.message_count + 1)
        ]


@pytest.mark.parametrize("of_target", [False, True])
def test_of_a_merge_and_a_closing_at_once_one_is_refused(
    two: tuple[Ticket, Ticket], of_target: bool
) -> None:
    first, second = two
    operator = OperatorFactory.create()
    closed = second if of_target else first
    services.take_ticket(ticket_id=closed.pk, by=operator)

    merged, ended = at_once(
        [partial(merge, first, second, operator), partial(close, closed, operator)]
    )

    first.refresh_from_db()
    if of_target:  # the merge does not keep the other ticket open
        assert ended == "done"
    else:
        assert {merged, ended} == {"done", "refused"}
    assert (first.merged_into == second) is (merged == "done")
    assert Participant.objects.filter(ticket=second).exists() is (merged == "done")
    assert_whole()


def test_a_merge_that_waits_for_a_hand_over_leaves_the_ticket_to_its_new_holder(
    two: tuple[Ticket, Ticket],
) -> None:
    first, second = two
    earlier, later, by = OperatorFactory.create_batch(3)
    services.take_ticket(ticket_id=first.pk, by=earlier)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            services.assign_ticket(ticket_id=first.pk, to=later, by=earlier)
            merged = threads.submit(then_disconnect, merge, first, second, by)
            while not waiting_for_a_lock():
                time.sleep(0.01)
        assert merged.result(30) == "done"

    first.refresh_from_db()
    assert first.operator == later
    assert_whole()


def test_two_merges_in_opposite_directions_at_once(two: tuple[Ticket, Ticket]) -> None:
    first, second = two
    operator = OperatorFactory.create()

    def merge_other_way(ticket: Ticket, into: Ticket) -> str:
        with suppress(MergedElsewhere, HasMerged):
            return merge(ticket, into, operator)
        return "refused"

    ends = at_once([partial(merge_other_way, *two), partial(merge_other_way, second, first)])

    assert sorted(ends) == ["done", "refused"]
    assert Ticket.objects.filter(merged_into__isnull=False).count() == 1
    assert_whole()


@pytest.mark.parametrize("turn", range(3))
def test_mail_at_the_same_time_as_a_merge_is_in_one_of_the_two_tickets(
    monkeypatch: pytest.MonkeyPatch, two: tuple[Ticket, Ticket], turn: int
) -> None:
    monkeypatch.setattr(queue, "BATCH", 1 + turn)  # or one worker takes everything
    first, second = two
    operator = OperatorFactory.create()
    answers = [
        build_mail(sender, message_id=f"<{sender}-{number}@x>", in_reply_to="<anna@x>")
        for number in range(3)
        for sender in (ANNA, BORIS, CARL)
    ]
    post_mails(*answers, prefix="more")

    calls: list[Callable[[], object]] = [
        process_inbox,
        process_inbox,
        partial(merge, first, second, operator),
    ]
    at_once(calls)
    process_inbox()

    assert set(InboundEmail.objects.values_list("state", "attempts")) == {("processed", 1)}
    assert Ticket.objects.count() == 2
    first.refresh_from_db()
    assert (first.status, first.merged_into) == ("closed", second)
    assert Message.objects.count() == 11
    after = HistoryEntry.objects.filter(ticket=first, event="merged").get()
    assert not HistoryEntry.objects.filter(ticket=first, pk__gt=after.pk).exists()
    assert not Message.objects.filter(ticket=first, sender_email=BORIS).exists()
    assert_whole()


@pytest.mark.parametrize("turn", range(3))
def test_mail_at_the_same_time_as_unmerging_is_in_one_of_the_two_tickets(
    monkeypatch: pytest.MonkeyPatch, two: tuple[Ticket, Ticket], turn: int
) -> None:
    monkeypatch.setattr(queue, "BATCH", 1 + turn)
    first, second = two
    operator = OperatorFactory.create()
    merge(first, second, operator)
    mails = [
        build_mail(sender, message_id=f"<{sender}-{number}@x>")
        for number in range(4)
        for sender in (ANNA, BORIS)
    ]
    post_mails(*mails, prefix="more")

    def unmerge() -> object:
        return merging.unmerge_ticket(ticket_id=first.pk, by=operator)

    calls: list[Callable[[], object]] = [process_inbox, process_inbox, unmerge]
    at_once(calls)
    process_inbox()

    assert set(InboundEmail.objects.values_list("state", "attempts")) == {("processed", 1)}
    assert Ticket.objects.count() == 2
    assert Ticket.objects.open().count() == 2
    unmerged = HistoryEntry.objects.get(ticket=second, event="unmerged")
    late = HistoryEntry.objects.filter(ticket=second, pk__gt=unmerged.pk)
    assert set(late.values_list("actor_email", flat=True)) <= {""}
    assert not Participant.objects.filter(ticket=second).exists()
    assert_whole()


def test_mail_after_the_closing_and_unmerging_at_once_leave_one_open_ticket(
    two: tuple[Ticket, Ticket],
) -> None:
    first, second = two
    operator = OperatorFactory.create()
    merge(first, second, operator)
    services.take_ticket(ticket_id=second.pk, by=operator)
    close(second, operator)
    post_mails(build_mail(ANNA), prefix="more")

    def unmerge() -> object:
        with suppress(HasOpenRequest):
            merging.unmerge_ticket(ticket_id=first.pk, by=operator)
        return None

    at_once([process_inbox, unmerge])

    assert set(InboundEmail.objects.values_list("state", "attempts")) == {("processed", 1)}
    assert Ticket.objects.open().filter(requester=first.requester).count() == 1
    assert_whole()


def test_a_participant_is_added_once_by_mail_and_by_hand_at_once(
    two: tuple[Ticket, Ticket],
) -> None:
    _first, second = two
    operator = OperatorFactory.create()
    post_mails(build_mail(BORIS, cc="petr@example.com"), prefix="more")

    def add() -> object:
        return participants.add_participant(
            ticket_id=second.pk, email="petr@example.com", by=operator
        )

    at_once([process_inbox, add, add])

    assert Participant.objects.get(ticket=second).email == "petr@example.com"
    added = HistoryEntry.objects.filter(ticket=second, event="participant_added")
    assert added.count() == 1
    assert set(InboundEmail.objects.values_list("state", "attempts")) == {("processed", 1)}
    assert_whole()
