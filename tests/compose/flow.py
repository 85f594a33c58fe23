"""One request's whole way: from mail to mail, by the API, through nginx."""

import re
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast
from urllib.parse import urlencode

from tests.compose.client import call, mail, post_mails
from tests.compose.stack import SUPPORT, Stack, eventually


def a_supervisor_is_made(stack: Stack) -> None:
    """The first supervisor is made by the documented command."""
    stack.token = stack.inside(
        "web", "python", "manage.py", "create_supervisor", "--operator-id", "1", "--name", "Ann"
    )
    operators = call(stack, "GET", "/ops/support_ops/").json["results"]
    assert [one["operator_name"] for one in operators] == ["Ann"], operators


def a_mail_becomes_a_ticket_and_an_answer(stack: Stack) -> None:
    """A signed mail opens a ticket; taken, answered and closed; the next mail opens a second.

    Each step is a mail in the requester's mailbox, in order and with the headers that keep
    machines from answering it.
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

    letters = eventually("four mails", lambda: at_least(4, mails_to(stack, requester)))
    kinds = [str(letter["Auto-Submitted"] or "by hand") for letter in letters]
    assert kinds == ["auto-replied", "auto-generated", "by hand", "auto-generated"], kinds
    for letter in letters:
        assert letter["From"] == SUPPORT
        assert "Printer" in letter["Subject"], letter["Subject"]
        assert letter["Message-ID"].endswith("@servicedesk.example>")
        assert letter["X-ServiceDesk-Loop"]
        assert letter["In-Reply-To"]
    answer = letters[2].get_body(("plain",))
    assert answer is not None
    assert "Is it switched on?" in answer.get_content()

    second = open_ticket(stack, requester, "Re: Printer", "It still does not print.")
    assert second["request_id"] != number, "the mail went into a closed ticket"
    assert second["previous"] == number, second
    messages = call(stack, "GET", f"/mgs/requests/{number}/mgs/").json["results"]
    assert [one["sort"] for one in messages] == [1, 2], messages


def open_ticket(stack: Stack, requester: str, subject: str, text: str) -> dict[str, Any]:
    """Post one mail and return the ticket that it opens."""
    known = {one["request_id"] for one in tickets(stack)}
    answer = post_mails(stack, [mail(requester, subject, text)])
    assert answer.status == 202, answer.content
    assert [one["status"] for one in answer.json["results"]] == ["accepted"]
    new = eventually(
        f"a ticket for {subject}",
        lambda: [one for one in tickets(stack) if one["request_id"] not in known],
    )
    assert len(new) == 1, new
    return new[0]


def tickets(stack: Stack) -> list[dict[str, Any]]:
    """Return the tickets there are."""
    answer = call(stack, "GET", "/requests/user_requests/?page_size=200")
    return cast(list[dict[str, Any]], answer.json["results"])


def mails_to(stack: Stack, recipient: str) -> list[EmailMessage]:
    """Return what the mail server got for somebody, in order."""
    got = [one for one in stack.mails() if one["to"] == [recipient]]
    return [message_from_string(one["raw"], EmailMessage, policy=default) for one in got]


def at_least(count: int, things: list[EmailMessage]) -> list[EmailMessage]:
    """Return them when there are so many, else nothing."""
    return things if len(things) >= count else []


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
