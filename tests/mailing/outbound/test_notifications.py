"""What is queued when something happens to a ticket, and what is not."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.models import OutboundEmail
from mailing.outbound import notifications
from mailing.outbound.composing import render_notice
from mailing.own_mail import SentMails
from operators.models import Operator
from tests import requester_mail
from tests.concurrency import at_once
from tests.factories import OperatorFactory
from tests.inbox import process_inbox
from tests.mail import build_mail
from tests.webhook import internal_date, post_mails, post_to_webhook, webhook_message
from tickets import services
from tickets.models import HistoryEntry, Ticket

pytestmark = pytest.mark.django_db

Kind = OutboundEmail.Kind
State = OutboundEmail.State


def opened() -> Ticket:
    post_mails(build_mail())
    process_inbox()
    return Ticket.objects.get()


def queued() -> list[tuple[str, str, str]]:
    return list(OutboundEmail.objects.order_by("pk").values_list("kind", "recipient", "state"))


def test_each_step_queues_its_mail_once(operator: Operator) -> None:
    ticket = opened()
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    message = services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Hello")
    services.close_ticket(ticket_id=ticket.pk, by=operator)

    assert queued() == [
        ("created", "ivan@example.com", "queued"),
        ("in_progress", "ivan@example.com", "queued"),
        ("reply", "ivan@example.com", "queued"),
        ("closed", "ivan@example.com", "queued"),
    ]
    steps = list(
        OutboundEmail.objects.order_by("pk").values_list("history_entry__event", flat=True)
    )
    assert steps == ["opened", "taken", "operator_replied", "closed"]
    assert OutboundEmail.objects.get(kind=Kind.REPLY).message == message
    assert OutboundEmail.objects.filter(message=None).count() == 3
    assert {row.mailbox for row in OutboundEmail.objects.all()} == {"ivan@example.com"}


def test_several_mails_of_one_batch_open_one_ticket_with_one_notice() -> None:
    post_mails(*(build_mail(subject=str(number)) for number in range(4)))

    assert process_inbox() == 4

    assert Ticket.objects.get().message_count == 4
    assert queued() == [("created", "ivan@example.com", "queued")]


def test_no_notice_without_its_change_and_no_change_without_its_notice(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = opened()

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("cannot be rendered")

    monkeypatch.setattr("mailing.outbound.composing.render_notice", fail)
    with pytest.raises(RuntimeError):
        services.take_ticket(ticket_id=ticket.pk, by=operator)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.operator) == ("new", None)
    assert HistoryEntry.objects.filter(event="taken").count() == 0
    assert len(queued()) == 1


def test_a_step_cannot_have_two_mails_to_one_recipient() -> None:
    opened()
    entry = HistoryEntry.objects.get()

    with pytest.raises(IntegrityError, match="one_mail_per_step"), transaction.atomic():
        notifications.queue_notices(Kind.CREATED, [entry])

    assert len(queued()) == 1


@pytest.mark.parametrize(
    ("hours", "state"),
    [(1, "queued"), (47, "queued"), (49, "suppressed"), (24 * 365, "suppressed")],
)
def test_mail_older_than_notice_max_age_gets_no_notice(hours: int, state: str) -> None:
    post_to_webhook(
        [webhook_message("old", build_mail(), at=internal_date(ago=timedelta(hours=hours)))]
    )

    process_inbox()

    row = OutboundEmail.objects.get()
    assert (row.kind, row.state) == (Kind.CREATED, state)
    if state == "suppressed":
        assert row.reason == "the mail that opened the request is older than NOTICE_MAX_AGE"
        assert row.next_attempt_at is None
    assert Ticket.objects.get().status == "new"


def test_a_ticket_of_an_old_mail_gets_its_other_notices(operator: Operator) -> None:
    post_to_webhook(
        [webhook_message("old", build_mail(), at=internal_date(ago=timedelta(days=30)))]
    )
    process_inbox()

    services.take_ticket(ticket_id=Ticket.objects.get().pk, by=operator)

    assert [state for _kind, _recipient, state in queued()] == ["suppressed", "queued"]


def test_operators_are_not_told_of_new_tickets_by_default() -> None:
    OperatorFactory.create(email="anna@servicedesk.example")

    opened()

    assert queued() == [("created", "ivan@example.com", "queued")]


def test_operators_are_told_of_new_tickets_where_the_setting_says_so(settings: Settings) -> None:
    settings.NOTIFY_OPERATORS = True
    OperatorFactory.create(email="Anna@ServiceDesk.example")
    OperatorFactory.create(email="boris@servicedesk.example")
    OperatorFactory.create(email="gone@servicedesk.example", is_active=False)
    OperatorFactory.create(email="ivan@example.com")
    OperatorFactory.create(email="")

    ticket = opened()
    post_mails(build_mail(subject="more"), prefix="n")
    process_inbox()

    assert queued() == [
        ("created", "ivan@example.com", "queued"),
        ("operator_notice", "anna@servicedesk.example", "queued"),
        ("operator_notice", "boris@servicedesk.example", "queued"),
    ]
    row = OutboundEmail.objects.get(recipient="boris@servicedesk.example")
    assert (row.ticket, row.message) == (ticket, None)


def test_what_is_queued_is_rendered_once(operator: Operator) -> None:
    ticket = opened()
    before = bytes(OutboundEmail.objects.get().content)

    Ticket.objects.update(title="another title")

    assert bytes(OutboundEmail.objects.get().content) == before
    ticket.refresh_from_db()
    assert render_notice(Kind.CREATED, ticket).subject.endswith("another title")


def test_each_queued_mail_wakes_a_worker_on_commit(
    operator: Operator, django_capture_on_commit_callbacks: Any
) -> None:
    ticket = opened()

    with django_capture_on_commit_callbacks() as callbacks:
        services.take_ticket(ticket_id=ticket.pk, by=operator)

    assert len(callbacks) == 1


def test_our_message_ids_are_known() -> None:
    opened()

    message_id = OutboundEmail.objects.get().message_id_header
    sent = SentMails([message_id, "<other@servicedesk.example>"])
    assert sent.has(message_id)
    assert not sent.has("<other@servicedesk.example>")


@pytest.mark.django_db(transaction=True)
def test_operators_who_write_themselves_at_once_do_not_lock_each_other_out(
    settings: Settings,
) -> None:
    settings.NOTIFY_OPERATORS = True
    addresses = [f"operator-{number}@servicedesk.example" for number in range(6)]
    for address in addresses:
        OperatorFactory.create(email=address)

    def write(address: str) -> None:
        with transaction.atomic():
            requester = requester_mail.lock_requester(email=address, name="")
            requester_mail.open_ticket(
                requester=requester,
                title="",
                text="",
                written_at=timezone.now(),
                origin={"kind": "person"},
            )

    at_once([partial(write, address) for address in addresses])

    assert Ticket.objects.count() == 6
    assert OutboundEmail.objects.filter(kind=Kind.OPERATOR_NOTICE).count() == 6 * 5


def test_notices_of_new_tickets_can_be_switched_off(settings: Settings) -> None:
    settings.NOTIFY_OPERATORS = True
    OperatorFactory.create(email="anna@servicedesk.example", notices={"new_request": False})
    OperatorFactory.create(email="boris@servicedesk.example", language="en")

    ticket = opened()

    notice = OutboundEmail.objects.get(kind=Kind.OPERATOR_NOTICE)
    assert notice.recipient == "boris@servicedesk.example"
    assert b"New request #%d from" % ticket.pk in bytes(notice.content)


def test_an_operator_who_opens_a_ticket_gets_no_notice_of_it(
    settings: Settings, operator: Operator
) -> None:
    settings.NOTIFY_OPERATORS = True
    Operator.objects.filter(pk=operator.pk).update(email="anna@servicedesk.example")
    OperatorFactory.create(email="boris@servicedesk.example")
    ticket = opened()
    OutboundEmail.objects.all().delete()
    entry = ticket.history.select_related("ticket__requester", "message").get()
    entry.operator = operator

    notifications.queue_opening_notices([entry])

    notices = OutboundEmail.objects.filter(kind=Kind.OPERATOR_NOTICE)
    assert [notice.recipient for notice in notices] == ["boris@servicedesk.example"]
