"""A requester writes, an operator answers: the whole way over HTTP, Redis, PostgreSQL and SMTP."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from mailing.models import InboundEmail, OutboundEmail
from operators.models import Operator
from operators.services import issue_token
from tests.letters import WEBHOOK, item, letter, milliseconds, signed
from tests.processes import wait_until
from tests.smtp_server import Hang, Received, SmtpServer
from tickets.models import Message, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("parts", "smtp"), pytest.mark.slow]


def bring(server: LiveServer, content: Any, *, webhook_id: str = "msg_1") -> list[str]:
    """Post to the webhook over HTTP and return the verdicts."""
    body = requests.Request("POST", "http://x", json=content).prepare().body
    assert isinstance(body, bytes)
    headers = {**signed(body, webhook_id=webhook_id), "Content-Type": "application/json"}
    answer = requests.post(server.url + WEBHOOK, data=body, headers=headers, timeout=30)
    assert answer.status_code == 202, answer.text
    return [one["status"] for one in answer.json()["results"]]


def batch(mails: list[bytes], *, prefix: str = "m") -> dict[str, Any]:
    first = milliseconds(ago=timedelta(minutes=30))
    return {
        "messages": [
            item(f"{prefix}{number}", raw, at=first + number * 1000)
            for number, raw in enumerate(mails, 1)
        ]
    }


def all_worked() -> bool:
    return not InboundEmail.objects.filter(state="received").exists()


def all_sent() -> bool:
    return not OutboundEmail.objects.exclude(state="sent").exists()


def sent(server: SmtpServer, count: int) -> list[Received]:
    wait_until(lambda: len(server.received) >= count and all_sent())
    assert len(server.received) == count
    return server.received


def subject(mail: Received) -> str:
    return str(make_header(decode_header(message_from_bytes(mail.content)["Subject"])))


class Desk:
    """What an operator does over HTTP."""

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
def desk(live_server: LiveServer, transactional_db: None) -> Desk:
    return Desk(live_server, Operator.objects.create(id=7, name="Анна"))


def test_a_request_from_its_first_mail_to_the_one_after_closing(
    live_server: LiveServer, desk: Desk, smtp: SmtpServer
) -> None:
    bring(live_server, batch([letter(subject="Принтер", message_id="<q1@example.com>")]))
    (received,) = sent(smtp, 1)
    (ticket,) = desk.get("/requests/user_requests/?status=new")["results"]
    number = ticket["request_id"]
    assert (ticket["title"], ticket["user_email"]) == ("Принтер", "ivan@example.com")

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
    _received, taken, reply = sent(smtp, 3)
    answer = letter(
        subject="Re: Принтер",
        text="Спасибо!",
        in_reply_to=message_from_bytes(reply.content)["Message-ID"],
    )
    bring(live_server, batch([answer], prefix="n"))
    wait_until(lambda: len(desk.get(f"/mgs/requests/{number}/mgs")["results"]) == 3)
    assert desk.post(f"/ops/7/requests/{number}/close/")["status"] == "closed"
    closed = sent(smtp, 4)[3]
    bring(live_server, batch([letter(subject="Снова")], prefix="o"))
    again = sent(smtp, 5)[4]

    assert [subject(mail) for mail in (received, taken, reply, closed)] == [
        f"[№ {number}] Обращение принято: Принтер",
        f"[№ {number}] Обращение взято в работу: Принтер",
        "Re: Принтер",
        f"[№ {number}] Обращение закрыто: Принтер",
    ]
    assert {(mail.sender, mail.recipient) for mail in smtp.received} == {
        ("desk@servicedesk.example", "ivan@example.com")
    }
    assert message_from_bytes(reply.content)["In-Reply-To"] == "<q1@example.com>"
    messages = desk.get(f"/mgs/requests/{number}/mgs")["results"]
    assert [(one["sort"], one["sender_type"], one["text"]) for one in messages] == [
        (1, "user", "It does not print."),
        (2, "operator", "Включите его."),
        (3, "user", "Спасибо!"),
    ]
    assert messages[1]["delivery"]["state"] == "sent"
    shown = desk.get(f"/requests/user_requests/{number}/")
    assert [step["event"] for step in shown["history"]] == [
        "opened",
        "taken",
        "operator_replied",
        "requester_wrote",
        "closed",
    ]
    (second,) = desk.get("/requests/user_requests/?status=new")["results"]
    assert (second["title"], second["previous"], second["message_count"]) == ("Снова", number, 1)
    assert subject(again) == f"[№ {second['request_id']}] Обращение принято: Снова"


def test_several_mails_of_one_batch_open_one_ticket_with_one_notice(
    live_server: LiveServer, smtp: SmtpServer
) -> None:
    bring(live_server, batch([letter(subject=str(number)) for number in range(5)]))

    wait_until(all_worked)
    (notice,) = sent(smtp, 1)

    assert Ticket.objects.get().message_count == 5
    assert subject(notice).endswith("Обращение принято: 0")


def test_twenty_mails_of_one_new_sender_in_one_call_are_numbered_in_their_order(
    live_server: LiveServer, smtp: SmtpServer
) -> None:
    content = batch([letter(subject=f"mail {number}") for number in range(1, 21)])
    content["messages"].reverse()

    bring(live_server, content)

    wait_until(all_worked)
    numbered = Message.objects.order_by("number").values_list("number", "title")
    assert list(numbered) == [(number, f"mail {number}") for number in range(1, 21)]
    assert Ticket.objects.count() == 1
    assert len(sent(smtp, 1)) == 1


def test_twenty_mails_of_one_new_sender_in_twenty_calls_at_once_are_one_ticket(
    live_server: LiveServer, smtp: SmtpServer
) -> None:
    moment = milliseconds()
    calls = [item(f"m{number}", letter(subject=str(number)), at=moment) for number in range(20)]

    with ThreadPoolExecutor(20) as threads:
        verdicts = list(threads.map(lambda one: bring(live_server, [one]), calls))

    wait_until(all_worked)
    assert verdicts == [["accepted"]] * 20
    assert Ticket.objects.get().message_count == 20
    messages = Message.objects.order_by("number")
    assert [one.number for one in messages] == list(range(1, 21))
    assert {one.title for one in messages} == {str(number) for number in range(20)}
    assert len(sent(smtp, 1)) == 1


def test_one_call_ten_times_at_once_is_stored_once(
    live_server: LiveServer, smtp: SmtpServer
) -> None:
    content = batch([letter(f"{name}@example.com") for name in "abcde"])
    barrier = threading.Barrier(10)

    def call(_number: int) -> list[str]:
        barrier.wait(30)
        return bring(live_server, content)

    with ThreadPoolExecutor(10) as threads:
        verdicts = list(threads.map(call, range(10)))

    assert sorted(verdicts) == [["accepted"] * 5] + [["duplicate"] * 5] * 9
    wait_until(all_worked)
    assert InboundEmail.objects.count() == 5
    assert (Ticket.objects.count(), Message.objects.count()) == (5, 5)
    assert len(sent(smtp, 5)) == 5


def test_the_webhook_and_the_api_answer_while_the_mail_server_hangs(
    live_server: LiveServer, desk: Desk, smtp: SmtpServer
) -> None:
    silence = Hang()
    smtp.answer("dot", silence)
    bring(live_server, batch([letter()]))
    wait_until(silence.reached.is_set)

    verdicts = [
        bring(live_server, batch([letter(f"{name}@example.com")], prefix=name)) for name in "abc"
    ]
    wait_until(all_worked)
    number = Ticket.objects.order_by("pk")[0].pk
    taken = desk.post(f"/ops/7/requests/{number}/progress/")

    # All this with the first mail still unanswered.
    first = OutboundEmail.objects.order_by("pk")[0]
    assert (first.state, smtp.received[0].recipient) == ("sending", "ivan@example.com")
    assert verdicts == [["accepted"]] * 3
    assert taken["status"] == "in_progress"
    silence.let_go()
    assert len(sent(smtp, 5)) == 5
