"""Whole requests, from the first mail to the last, over HTTP, Redis, PostgreSQL and SMTP."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from mailing.models import InboundEmail, OutboundEmail
from operators.models import Operator
from operators.services import issue_token
from tests import processes, smtp_server
from tests.inbox import is_inbox_empty
from tests.mail import build_mail
from tests.outbox import is_all_mail_sent
from tests.processes import wait_until
from tests.smtp_server import Hang, Received, SmtpServer
from tests.webhook import internal_date, post_over_http, webhook_call, webhook_message
from tickets.models import Message, Ticket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("smtp"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def smtp_of_workers(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmtpServer]:
    """Run a worker of the inbox and one of the outbox, and yield the mail server they send to."""
    folder = tmp_path_factory.mktemp("workers")
    with smtp_server.running() as server:
        env = processes.environment(EMAIL_PORT=str(server.port))
        with (
            processes.worker("inbox", folder=folder, env=env),
            processes.worker("outbox", folder=folder, env=env),
        ):
            yield server


@pytest.fixture
def smtp(smtp_of_workers: SmtpServer) -> Iterator[SmtpServer]:
    """The workers' mail server, without the mails and answers of earlier tests."""
    smtp_of_workers.as_usual()
    smtp_of_workers.received.clear()
    yield smtp_of_workers
    smtp_of_workers.as_usual()


def post_mail(server: LiveServer, *mails: bytes, prefix: str = "m") -> list[str]:
    """Post mails in one call and return what the webhook answered for each."""
    return post(server, webhook_call(*mails, prefix=prefix))


def post(server: LiveServer, content: Any) -> list[str]:
    response = post_over_http(server.url, content)
    assert response.status_code == 202, response.text
    return [result["status"] for result in response.json()["results"]]


def wait_for_mails(server: SmtpServer, count: int) -> list[Received]:
    """Return all mails that the desk has sent, once there are so many."""
    wait_until(lambda: len(server.received) >= count and is_all_mail_sent())
    assert len(server.received) == count
    return server.received


def subject_of(mail: Received) -> str:
    return str(make_header(decode_header(message_from_bytes(mail.content)["Subject"])))


class OperatorClient:
    """An operator who uses the API over HTTP."""

    def __init__(self, server: LiveServer, operator: Operator) -> None:
        self.url, self.id = server.url, operator.pk
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Token {issue_token(operator=operator)[1]}"

    def get(self, path: str) -> Any:
        answer = self.session.get(self.url + path, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, content: Any = None) -> Any:
        answer = self.session.post(self.url + path, json=content, timeout=30)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


@pytest.fixture
def desk(live_server: LiveServer, transactional_db: None) -> OperatorClient:
    return OperatorClient(live_server, Operator.objects.create(id=7, name="Анна"))


def test_a_request_from_its_first_mail_to_the_one_after_closing(
    live_server: LiveServer, desk: OperatorClient, smtp: SmtpServer
) -> None:
    post_mail(live_server, build_mail(subject="Принтер", message_id="<q1@example.com>"))
    wait_for_mails(smtp, 1)
    (ticket,) = desk.get("/requests/user_requests/?status=new")["results"]
    assert (ticket["title"], ticket["user_email"]) == ("Принтер", "ivan@example.com")
    number = ticket["request_id"]
    take_and_reply(desk, number)
    reply = wait_for_mails(smtp, 3)[2]
    assert message_from_bytes(reply.content)["In-Reply-To"] == "<q1@example.com>"
    reply_id = message_from_bytes(reply.content)["Message-ID"]
    answer = build_mail(subject="Re: Принтер", text="Спасибо!", in_reply_to=reply_id)
    post_mail(live_server, answer, prefix="n")
    wait_until(lambda: len(desk.get(f"/mgs/requests/{number}/mgs")["results"]) == 3)
    assert desk.post(f"/ops/7/requests/{number}/close/")["status"] == "closed"
    wait_for_mails(smtp, 4)
    post_mail(live_server, build_mail(subject="Снова"), prefix="o")
    mails = wait_for_mails(smtp, 5)

    (second,) = desk.get("/requests/user_requests/?status=new")["results"]
    assert (second["title"], second["previous"], second["message_count"]) == ("Снова", number, 1)
    assert [subject_of(mail) for mail in mails] == [
        f"[№ {number}] Обращение принято: Принтер",
        f"[№ {number}] Обращение взято в работу: Принтер",
        "Re: Принтер",
        f"[№ {number}] Обращение закрыто: Принтер",
        f"[№ {second['request_id']}] Обращение принято: Снова",
    ]
    assert {(mail.sender, mail.recipient) for mail in mails} == {
        ("desk@servicedesk.example", "ivan@example.com")
    }
    assert_api_shows_the_conversation(desk, number)


def take_and_reply(desk: OperatorClient, number: int) -> None:
    assert desk.post(f"/ops/7/requests/{number}/progress/")["status"] == "in_progress"
    written = desk.post(
        f"/mgs/requests/{number}/mgs/create",
        {
            "title": "Re: Принтер",
            "description": "Включите его.",
            "recipient_mail": "ivan@example.com",
            "operator_id": 7,
        },
    )
    assert (written["sort"], written["delivery"]["state"]) == (2, "queued")


def assert_api_shows_the_conversation(desk: OperatorClient, number: int) -> None:
    messages = desk.get(f"/mgs/requests/{number}/mgs")["results"]
    assert [(row["sort"], row["sender_type"], row["text"]) for row in messages] == [
        (1, "user", "It does not print."),
        (2, "operator", "Включите его."),
        (3, "user", "Спасибо!"),
    ]
    assert messages[1]["delivery"]["state"] == "sent"
    ticket = desk.get(f"/requests/user_requests/{number}/")
    assert [step["event"] for step in ticket["history"]] == [
        "opened",
        "taken",
        "operator_replied",
        "requester_wrote",
        "closed",
    ]


def test_several_mails_of_one_batch_open_one_ticket_with_one_notice(
    live_server: LiveServer, smtp: SmtpServer
) -> None:
    post_mail(live_server, *(build_mail(subject=str(number)) for number in range(5)))

    wait_until(is_inbox_empty)
    (notice,) = wait_for_mails(smtp, 1)

    assert Ticket.objects.get().message_count == 5
    assert subject_of(notice).endswith("Обращение принято: 0")


def test_twenty_mails_of_one_new_sender_in_one_call_are_numbered_in_their_order(
    live_server: LiveServer, smtp: SmtpServer
) -> None:
    content = webhook_call(*(build_mail(subject=f"mail {number}") for number in range(1, 21)))
    content["messages"].reverse()

    post(live_server, content)

    wait_until(is_inbox_empty)
    numbered = Message.objects.order_by("number").values_list("number", "title")
    assert list(numbered) == [(number, f"mail {number}") for number in range(1, 21)]
    assert Ticket.objects.count() == 1
    assert len(wait_for_mails(smtp, 1)) == 1


def test_twenty_mails_of_one_new_sender_in_twenty_calls_at_once_are_one_ticket(
    live_server: LiveServer, smtp: SmtpServer
) -> None:
    moment = internal_date()
    calls = [
        webhook_message(f"m{number}", build_mail(subject=str(number)), at=moment)
        for number in range(20)
    ]

    with ThreadPoolExecutor(20) as threads:
        verdicts = list(threads.map(lambda call: post(live_server, [call]), calls))

    wait_until(is_inbox_empty)
    assert verdicts == [["accepted"]] * 20
    assert Ticket.objects.get().message_count == 20
    messages = Message.objects.order_by("number")
    assert [message.number for message in messages] == list(range(1, 21))
    assert {message.title for message in messages} == {str(number) for number in range(20)}
    assert len(wait_for_mails(smtp, 1)) == 1


def test_one_call_ten_times_at_once_is_stored_once(
    live_server: LiveServer, smtp: SmtpServer
) -> None:
    content = webhook_call(*(build_mail(f"{name}@example.com") for name in "abcde"))
    barrier = threading.Barrier(10)

    def call(_number: int) -> list[str]:
        barrier.wait(30)
        return post(live_server, content)

    with ThreadPoolExecutor(10) as threads:
        verdicts = list(threads.map(call, range(10)))

    assert sorted(verdicts) == [["accepted"] * 5] + [["duplicate"] * 5] * 9
    wait_until(is_inbox_empty)
    assert InboundEmail.objects.count() == 5
    assert (Ticket.objects.count(), Message.objects.count()) == (5, 5)
    assert len(wait_for_mails(smtp, 5)) == 5


def test_the_webhook_and_the_api_answer_while_the_mail_server_hangs(
    live_server: LiveServer, desk: OperatorClient, smtp: SmtpServer
) -> None:
    silence = Hang()
    smtp.answer("dot", silence)
    post_mail(live_server, build_mail())
    wait_until(silence.reached.is_set)

    verdicts = [
        post_mail(live_server, build_mail(f"{name}@example.com"), prefix=name) for name in "abc"
    ]
    wait_until(is_inbox_empty)
    number = Ticket.objects.order_by("pk")[0].pk
    taken = desk.post(f"/ops/7/requests/{number}/progress/")

    # All this with the first mail still unanswered.
    first = OutboundEmail.objects.order_by("pk")[0]
    assert (first.state, smtp.received[0].recipient) == ("sending", "ivan@example.com")
    assert verdicts == [["accepted"]] * 3
    assert taken["status"] == "in_progress"
    silence.let_go()
    assert len(wait_for_mails(smtp, 5)) == 5
