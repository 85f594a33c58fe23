"""A batch of mail is settled by as many statements as one mail, and a bad mail stops no other."""

from email.message import EmailMessage

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.inbound import settling
from mailing.inbound.reading import ReadMail
from mailing.models import InboundEmail, OutboundEmail
from tests.factories import (
    InboundEmailFactory,
    ParticipantFactory,
    RequesterFactory,
    TicketFactory,
)
from tests.inbox import process_inbox, store_mail
from tests.mail import build_mail
from tickets.models import HistoryEntry, Message, Participant, Ticket

pytestmark = pytest.mark.django_db

State = InboundEmail.State


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect how many mails each transaction settles: one that fails is repeated in halves."""
    sizes, settle = [], settling.settle

    def settle_and_count(mails: list[ReadMail]) -> None:
        sizes.append(len(mails))
        settle(mails)

    monkeypatch.setattr(settling, "settle", settle_and_count)
    return sizes


def count_statements(mails: int) -> int:
    """Return how many statements it takes to claim and settle so many mails of as many senders.

    Each answers the mail before it. Every third sender has an open ticket, every fifth mail a file.
    """
    for number in range(mails):
        address = f"s{number}-of-{mails}@example.com"
        if number % 3 == 1:
            TicketFactory.create(requester=RequesterFactory.create(email=address), message_count=1)
        mail = EmailMessage()
        mail["From"], mail["Subject"] = f"Somebody <{address}>", f"Question {number}"
        mail["Message-ID"] = f"<{number}-of-{mails}@example.com>"
        mail["In-Reply-To"] = f"<{number - 1}-of-{mails}@example.com>"
        mail.set_content(f"My question {number}.")
        if number % 5 == 0:
            mail.add_attachment(f"file {number}".encode(), "text", "csv", filename="a.csv")
        store_mail(address, raw=mail, minutes_ago=mails - number)
    with CaptureQueriesContext(
        connection,
    ) as statements:
        assert process_inbox() == mails
    assert not InboundEmail.objects.exclude(state=State.PROCESSED).exists()
    return len(statements)


@pytest.mark.usefixtures("files_folder")
def test_a_hundred_mails_take_as_many_statements_as_ten() -> None:
    of_one, of_ten, of_hundred = count_statements(1), count_statements(10), count_statements(100)

    # One is fewer, since its sender is new, there is no ticket to look for or to update, no other
    # mail that it answers, in whose ticket its sender might take part, and no answer to cross.
    assert of_hundred == of_ten == of_one + 5

    assert Message.objects.count() == 111
    assert Ticket.objects.count() == 111
    assert OutboundEmail.objects.filter(kind="created", state="queued").count() == 111 - 36
    assert of_ten <= 50


def count_statements_of_others(mails: int) -> int:
    """Return how many statements so many mails take to tickets that operators hold.

    By turns they are of requesters, with somebody new in copy, of requesters whose tickets were
    merged, and of participants.
    """
    for number in range(mails):
        address = f"o{number}-of-{mails}@example.com"
        ticket = TicketFactory.create(taken=True, message_count=1, snoozed_until=timezone.now())
        headers, sender = {"cc": f"cc-{address}"}, ticket.requester.email
        if number % 3:
            headers, sender = {"in_reply_to": f"<{address}>"}, address
            InboundEmailFactory.create(
                state="processed",
                processed_at=timezone.now(),
                message_id_header=f"<{address}>",
                ticket=ticket,
            )
        if number % 3 == 1:
            requester = RequesterFactory.create(email=address)
            TicketFactory.create(closed=True, requester=requester, merged_into=ticket)
        elif number % 3 == 2:
            ParticipantFactory.create(ticket=ticket, email=address)
        store_mail(sender, raw=build_mail(sender, **headers), minutes_ago=mails - number)
    with CaptureQueriesContext(connection) as statements:
        assert process_inbox() == mails
    return len(statements)


def test_a_hundred_mails_to_others_tickets_take_as_many_statements_as_ten() -> None:
    of_three, of_ten = count_statements_of_others(3), count_statements_of_others(10)
    of_hundred = count_statements_of_others(100)

    assert of_hundred == of_ten == of_three
    assert Message.objects.filter(sender_email="").count() == 1 + 4 + 34
    assert Message.objects.exclude(sender_email="").count() == 2 + 6 + 66
    assert Participant.objects.filter(email__startswith="cc-").count() == 1 + 4 + 34
    assert HistoryEntry.objects.filter(event="woken").count() == 113
    assert of_ten < 60


def test_several_mails_of_a_sender_in_a_batch_become_one_ticket_with_one_notice(
    settled: list[int],
) -> None:
    for number in range(3):
        store_mail(raw=build_mail(message_id=f"<{number}@x>"), minutes_ago=3 - number)

    process_inbox()

    assert settled == [3]
    ticket = Ticket.objects.get()
    messages = Message.objects.order_by("number").values_list("number", "origin__message_id")
    assert list(messages) == [(1, "<0@x>"), (2, "<1@x>"), (3, "<2@x>")]
    assert ticket.message_count == 3
    events = HistoryEntry.objects.order_by("pk").values_list("event", flat=True)
    assert list(events) == ["opened", "requester_wrote", "requester_wrote"]
    assert OutboundEmail.objects.count() == 1
    states = InboundEmail.objects.values_list("state", "ticket", "attempts")
    assert list(states) == [("processed", ticket.pk, 1)] * 3


def test_a_copy_within_a_batch_is_ignored(settled: list[int]) -> None:
    for number in range(2):
        store_mail(raw=build_mail(message_id="<same@x>"), minutes_ago=2 - number)

    process_inbox()

    assert settled == [2]
    assert list(InboundEmail.objects.order_by("pk").values_list("state", flat=True)) == [
        "processed",
        "ignored",
    ]
    assert Message.objects.count() == 1


def test_notices_of_one_batch_count_against_the_limit_of_their_mailbox(
    settings: Settings, settled: list[int]
) -> None:
    settings.NOTICES_PER_HOUR = 2
    for number in range(3):
        store_mail(f"ivan+{number}@example.com", minutes_ago=3 - number)

    process_inbox()

    assert settled == [3]
    assert notice_states() == ["queued", "queued", "suppressed"]


def test_notices_of_one_batch_count_against_the_limit_of_all(
    settings: Settings, settled: list[int]
) -> None:
    settings.AUTOMATIC_MAIL_PER_HOUR = 3
    for number in range(3):
        store_mail(f"first{number}@example.com")
    process_inbox()
    OutboundEmail.objects.order_by("-pk")[0].delete()
    for number in range(3):
        store_mail(f"{number}@example.com", minutes_ago=3 - number)

    process_inbox()

    assert settled == [3, 3]
    assert notice_states()[2:] == ["queued", "suppressed", "suppressed"]


def notice_states() -> list[str]:
    return list(OutboundEmail.objects.order_by("pk").values_list("state", flat=True))


def test_a_bad_mail_is_found_by_halving_and_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [store_mail(f"{number}@example.com", minutes_ago=99 - number) for number in range(16)]
    bad, sizes, settle = rows[5].pk, [], settling.settle

    def fail(mails: list[ReadMail]) -> None:
        sizes.append(len(mails))
        settle(mails)
        if any(mail.inbound.pk == bad for mail in mails):
            raise ZeroDivisionError

    monkeypatch.setattr(settling, "settle", fail)
    process_inbox()

    assert sizes == [16, 8, 4, 4, 2, 1, 1, 2, 8]
    ended = dict(InboundEmail.objects.values_list("pk", "state"))
    assert ended.pop(bad) == "received"
    assert set(ended.values()) == {"processed"}
    assert Ticket.objects.count() == OutboundEmail.objects.count() == 15
    assert set(InboundEmail.objects.values_list("attempts", flat=True)) == {1}


def test_mail_that_comes_while_a_batch_is_settled_is_processed_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settle = settling.settle

    def settle_and_receive(mails: list[ReadMail]) -> None:
        settle(mails)
        if InboundEmail.objects.count() == 1:
            InboundEmailFactory.create()

    monkeypatch.setattr(settling, "settle", settle_and_receive)
    InboundEmailFactory.create()

    assert process_inbox() == 2
