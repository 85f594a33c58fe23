"""No machine is answered, and nobody is flooded."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from mailing.inbound import replay
from mailing.models import InboundEmail, OutboundEmail
from mailing.monitoring.problems import find_mail_problems
from operators.models import Operator
from tests.inbox import process_inbox, receive
from tests.mail import build_mail
from tickets import services
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


def open_and_close(number: int, operator: Operator, sender: str = "ivan@example.com") -> None:
    receive(build_mail(sender, message_id=f"<{number}@example.com>"), prefix=f"m{number}-")
    ticket = Ticket.objects.open().get()
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.close_ticket(ticket_id=ticket.pk, by=operator)


@pytest.mark.parametrize(
    "header",
    [
        {"auto_submitted": "auto-generated"},
        {"list_id": "<news.example.com>"},
        {"list_unsubscribe": "<mailto:leave@example.com>"},
        {"precedence": "bulk"},
        {"x_auto_response_suppress": "All"},
    ],
)
def test_a_machines_ticket_gets_no_notice_at_all(
    header: dict[str, str], operator: Operator
) -> None:
    receive(build_mail("alarm@monitor.example", **header))
    ticket = Ticket.objects.get()

    services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.close_ticket(ticket_id=ticket.pk, by=operator)

    rows = OutboundEmail.objects.order_by("pk").values_list("kind", "state", "reason")
    reason = "only machines have written in this request"
    assert list(rows) == [
        ("created", "suppressed", reason),
        ("in_progress", "suppressed", reason),
        ("closed", "suppressed", reason),
    ]
    assert InboundEmail.objects.get().kind == "machine"


def test_once_a_person_writes_into_a_machines_ticket_it_gets_notices(operator: Operator) -> None:
    receive(build_mail(auto_submitted="auto-generated"), build_mail(text="It is me now."))

    services.take_ticket(ticket_id=Ticket.objects.get().pk, by=operator)

    states = OutboundEmail.objects.order_by("pk").values_list("kind", "state")
    assert list(states) == [("created", "suppressed"), ("in_progress", "queued")]


def test_a_machines_ticket_gets_no_notice_though_a_participant_writes_in_it(
    operator: Operator,
) -> None:
    alarm = {"auto_submitted": "auto-generated", "message_id": "<1@monitor.example>"}
    receive(build_mail("alarm@monitor.example", cc="petr@example.com", **alarm))
    receive(build_mail("petr@example.com", in_reply_to="<1@monitor.example>"), prefix="petr")

    services.take_ticket(ticket_id=Ticket.objects.get().pk, by=operator)

    states = OutboundEmail.objects.order_by("pk").values_list("kind", "state")
    assert list(states) == [("created", "suppressed"), ("in_progress", "suppressed")]


def test_an_auto_reply_joins_the_open_ticket_marked(api: APIClient) -> None:
    receive(build_mail(), build_mail(subject="Out of office", auto_submitted="auto-replied"))

    ticket = Ticket.objects.get()
    messages = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"]
    assert [one["origin"]["kind"] for one in messages] == ["person", "auto_reply"]
    assert OutboundEmail.objects.count() == 1


def test_an_auto_reply_without_an_open_ticket_is_ignored_with_the_reason() -> None:
    receive(build_mail(subject="Out of office", auto_submitted="auto-replied"))

    inbound = InboundEmail.objects.get()
    assert (inbound.state, inbound.kind) == ("ignored", "auto_reply")
    assert inbound.reason.startswith("an auto-reply without an open request: ")
    assert not Ticket.objects.exists()
    assert not OutboundEmail.objects.exists()


@pytest.mark.parametrize("sender", ["desk@servicedesk.example.org", "desks@servicedesk.example"])
def test_look_alikes_of_our_address_are_strangers(sender: str) -> None:
    receive(build_mail(sender))

    assert Ticket.objects.get().requester.email == sender


def test_our_own_notice_that_comes_back_is_ignored_and_can_be_imported(
    supervisor_api: APIClient,
) -> None:
    receive(build_mail())
    notice = bytes(OutboundEmail.objects.get().content)
    forged = notice.replace(b"From: desk@servicedesk.example", b"From: ivan@example.com")
    receive(forged, prefix="back")
    inbound = InboundEmail.objects.get(external_id="back1")
    assert (inbound.state, inbound.kind) == ("ignored", "ours")

    answer = supervisor_api.post(f"/mail/inbox/{inbound.pk}/replay")
    process_inbox()

    assert answer.status_code == 200
    inbound.refresh_from_db()
    assert (inbound.state, inbound.kind) == ("processed", "ours")
    assert Message.objects.count() == 2
    assert OutboundEmail.objects.count() == 1


def test_an_import_neither_turns_a_ticket_nor_tells_its_holder(operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(email="anna@desk.example")
    receive(build_mail())
    ticket = Ticket.objects.get()
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Done.")
    reply = bytes(OutboundEmail.objects.get(kind="reply").content)
    receive(reply.replace(b"From: desk@servicedesk.example", b"From: ivan@example.com"), prefix="b")

    replay.replay(inbound_id=InboundEmail.objects.get(external_id="b1").pk)
    process_inbox()

    ticket.refresh_from_db()
    assert (ticket.message_count, ticket.waiting_on) == (3, "requester")
    assert not OutboundEmail.objects.filter(kind="operator_update").exists()


def test_automatic_mail_to_one_mailbox_is_limited_and_told(
    operator: Operator, settings: Settings
) -> None:
    settings.NOTICES_PER_HOUR = 4

    for number in range(3):
        open_and_close(number, operator)

    states = list(OutboundEmail.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["queued"] * 4 + ["suppressed"] * 5
    reasons = set(OutboundEmail.objects.filter(state="suppressed").values_list("reason", flat=True))
    assert reasons == {"this mailbox has got 4 automatic mails already, see NOTICES_PER_HOUR"}


def test_the_daily_limit_counts_what_the_hourly_one_has_forgotten(
    operator: Operator, settings: Settings
) -> None:
    settings.NOTICES_PER_DAY = 3
    open_and_close(1, operator)
    OutboundEmail.objects.update(created_at=timezone.now() - timedelta(hours=2))

    open_and_close(2, operator)

    last = OutboundEmail.objects.order_by("-pk").values_list("state", "reason")[:3]
    reason = "this mailbox has got 3 automatic mails already, see NOTICES_PER_DAY"
    assert list(last) == [("suppressed", reason)] * 3


def test_other_spellings_of_a_mailbox_share_its_limit(
    operator: Operator, settings: Settings
) -> None:
    settings.NOTICES_PER_HOUR = 3
    open_and_close(1, operator, "ivan.petrov@gmail.com")

    open_and_close(2, operator, "ivanpetrov+x@googlemail.com")

    states = list(OutboundEmail.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["queued"] * 3 + ["suppressed"] * 3


def test_operators_messages_are_not_limited_and_do_not_count(
    operator: Operator, settings: Settings
) -> None:
    settings.NOTICES_PER_HOUR = 2
    receive(build_mail())
    ticket = Ticket.objects.get()
    for _ in range(5):
        services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Hello")

    services.take_ticket(ticket_id=ticket.pk, by=operator)

    assert set(OutboundEmail.objects.values_list("state", flat=True)) == {"queued"}


def test_a_contact_forms_customer_is_a_person_whatever_the_form_says_of_itself() -> None:
    receive(
        build_mail(
            "form@site.example", reply_to="Anna <anna@example.com>", auto_submitted="auto-generated"
        )
    )

    assert Ticket.objects.get().requester.email == "anna@example.com"
    row = OutboundEmail.objects.get()
    assert (row.recipient, row.state) == ("anna@example.com", "queued")


def test_the_receiving_servers_verdict_stands_with_the_message(api: APIClient) -> None:
    verdict = "mx.google.com; dkim=pass header.i=@example.com; spf=softfail; dmarc=fail"
    receive(build_mail(authentication_results=verdict))

    ticket = Ticket.objects.get()
    origin = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"][0]["origin"]
    assert origin["authentication"] == {"spf": "softfail", "dkim": "pass", "dmarc": "fail"}
    assert origin["kind"] == "machine"
    assert OutboundEmail.objects.get().state == "suppressed"


def test_automatic_mail_has_a_limit_in_all_that_shows_as_a_problem(settings: Settings) -> None:
    settings.AUTOMATIC_MAIL_PER_HOUR = 3

    for number in range(5):
        receive(build_mail(f"s{number}@example.com"), prefix=f"m{number}-")

    rows = OutboundEmail.objects.order_by("pk").values_list("state", flat=True)
    assert list(rows) == ["queued"] * 3 + ["suppressed"] * 2
    reason = OutboundEmail.objects.latest("pk").reason
    assert reason == "3 automatic mails in an hour are the limit, see AUTOMATIC_MAIL_PER_HOUR"
    assert [tuple(problem) for problem in find_mail_problems() if "automatic" in problem.code] == [
        ("automatic_mail", "AUTOMATIC_MAIL_PER_HOUR is reached; 2 notices were not sent.")
    ]
    OutboundEmail.objects.update(created_at=timezone.now() - timedelta(hours=2))
    receive(build_mail("later@example.com"), prefix="later")
    assert OutboundEmail.objects.latest("pk").state == "queued"
    assert not [problem for problem in find_mail_problems() if "automatic" in problem.code]


def test_an_operators_message_is_not_automatic_mail(settings: Settings, operator: Operator) -> None:
    receive(build_mail())
    settings.AUTOMATIC_MAIL_PER_HOUR = 1

    services.reply(ticket_id=Ticket.objects.get().pk, by=operator, title="Re", text="Done.")

    assert OutboundEmail.objects.get(kind="reply").state == "queued"


def test_an_answer_to_a_notice_from_a_new_address_is_not_acknowledged() -> None:
    receive(build_mail())
    notice = OutboundEmail.objects.get()

    receive(
        build_mail("desk+1@elsewhere.example", references=f"<x@y> {notice.message_id_header}"),
        prefix="answer",
    )

    answered = OutboundEmail.objects.latest("pk")
    assert Ticket.objects.count() == 2
    assert (answered.state, answered.reason) == (
        "suppressed",
        "its sender never wrote before, and it answers an automatic mail of ours",
    )


def test_an_answer_to_a_notice_from_a_known_address_is_acknowledged(operator: Operator) -> None:
    receive(build_mail())
    receive(build_mail("anna@example.com"), prefix="anna")
    anna = Ticket.objects.get(requester__email="anna@example.com")
    services.take_ticket(ticket_id=anna.pk, by=operator)
    services.close_ticket(ticket_id=anna.pk, by=operator)
    notice = OutboundEmail.objects.filter(kind="created").earliest("pk")

    receive(build_mail("anna@example.com", in_reply_to=notice.message_id_header), prefix="answer")

    assert OutboundEmail.objects.latest("pk").state == "queued"


def test_an_answer_to_an_operator_from_a_new_address_is_acknowledged(operator: Operator) -> None:
    receive(build_mail())
    services.reply(ticket_id=Ticket.objects.get().pk, by=operator, title="Re", text="Done.")
    reply = OutboundEmail.objects.get(kind="reply")

    receive(build_mail("anna@example.com", in_reply_to=reply.message_id_header), prefix="answer")

    assert OutboundEmail.objects.latest("pk").state == "queued"
