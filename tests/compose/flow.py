"""A request from the first mail to the last, with calls of the API through nginx."""

import re
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast
from urllib.parse import urlencode

from tests.compose.client import call, mail, post_mails
from tests.compose.stack import SUPPORT, Stack, eventually


def a_supervisor_is_created(stack: Stack) -> None:
    """The documented command creates the first supervisor."""
    stack.token = stack.inside(
        "web", "python", "manage.py", "create_supervisor", "--operator-id", "1", "--name", "Ann"
    )
    operators = call(stack, "GET", "/ops/support_ops/").json["results"]
    assert [operator["operator_name"] for operator in operators] == ["Ann"], operators


def a_mail_becomes_a_ticket_and_an_answer(stack: Stack) -> None:
    """A signed mail opens a ticket; it is taken, answered and closed; the next mail opens another.

    With each step the requester gets a mail with the headers that keep machines from answering.
    """
    requester = "ivan@client.example"
    first = open_ticket(stack, requester, "Printer", "It does not print.")
    number = first["request_id"]
    assert (first["status"], first["title"]) == ("new", "Printer"), first

    taken = call(stack, "POST", f"/ops/1/requests/{number}/progress/")
    assert (taken.status, taken.json["status"]) == (200, "in_progress"), taken.content
    reply = {
        "title": "Re: Printer",
        "description": "Is it switched on?",
        "recipient_mail": requester,
        "operator_id": 1,
    }
    written = call(stack, "POST", f"/mgs/requests/{number}/mgs/create", reply)
    assert written.status == 201, written.content
    closed = call(stack, "POST", f"/ops/1/requests/{number}/close/")
    assert (closed.status, closed.json["status"]) == (200, "closed"), closed.content

    _check_mails(stack, requester)

    second = open_ticket(stack, requester, "Re: Printer", "It still does not print.")
    assert second["request_id"] != number, "the mail went into a closed ticket"
    assert second["previous"] == number, second
    messages = call(stack, "GET", f"/mgs/requests/{number}/mgs/").json["results"]
    assert [message["sort"] for message in messages] == [1, 2], messages


def open_ticket(stack: Stack, requester: str, subject: str, text: str) -> dict[str, Any]:
    """Post a mail and return the ticket that it opens."""
    known = {ticket["request_id"] for ticket in tickets(stack)}
    answer = post_mails(stack, [mail(requester, subject, text)])
    assert answer.status == 202, answer.content
    assert [result["status"] for result in answer.json["results"]] == ["accepted"]
    new = eventually(
        f"a ticket for {subject}",
        lambda: [ticket for ticket in tickets(stack) if ticket["request_id"] not in known],
    )
    assert len(new) == 1, new
    return new[0]


def tickets(stack: Stack) -> list[dict[str, Any]]:
    """Return all tickets."""
    answer = call(stack, "GET", "/requests/user_requests/?page_size=200")
    return cast(list[dict[str, Any]], answer.json["results"])


def mails_to(stack: Stack, recipient: str) -> list[EmailMessage]:
    """Return the mails that the mail server has received for a recipient, in order."""
    received = [mail["raw"] for mail in stack.mails() if mail["to"] == [recipient]]
    return [message_from_string(raw, EmailMessage, policy=default) for raw in received]


def at_least(count: int, mails: list[EmailMessage]) -> list[EmailMessage]:
    """Return the mails if there are at least `count`, otherwise an empty list."""
    return mails if len(mails) >= count else []


def sign_in(stack: Stack, password: str) -> int:
    """Send the admin's sign-in form as a browser does, and return the answer's status."""
    form = call(stack, "GET", "/admin/login/")
    token = re.search(r"csrfmiddlewaretoken\" value=\"([^\"]+)", form.content.decode())
    cookie = (form.headers["Set-Cookie"] or "").partition(";")[0]
    assert token, "no form"
    fields = {"csrfmiddlewaretoken": token[1], "username": "1", "password": password}
    headers = {
        "Cookie": cookie,
        "Origin": f"http://127.0.0.1:{stack.port}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return call(stack, "POST", "/admin/login/", urlencode(fields).encode(), headers).status


def _check_mails(stack: Stack, requester: str) -> None:
    """Check the four mails of a closed ticket: order, headers and the operator's text."""
    mails = eventually("four mails", lambda: at_least(4, mails_to(stack, requester)))
    kinds = [str(message["Auto-Submitted"] or "by hand") for message in mails]
    assert kinds == ["auto-replied", "auto-generated", "by hand", "auto-generated"], kinds
    for message in mails:
        assert message["From"] == SUPPORT
        assert "Printer" in message["Subject"], message["Subject"]
        assert message["Message-ID"].endswith("@servicedesk.example>")
        assert message["X-ServiceDesk-Loop"]
        assert message["In-Reply-To"]
    answer = mails[2].get_body(("plain",))
    assert answer is not None
    assert "Is it switched on?" in answer.get_content()
