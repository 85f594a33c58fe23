"""The form at `/desk/tickets/new/`."""

from typing import Any

import pytest
from django.test import Client

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import TicketFactory
from tests.tickets.desk.queue.pages import text_of
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

FORM = {
    "user_email": "ivan@example.com",
    "user_name": "Ivan",
    "title": "The printer",
    "description": "He called: it does not print.",
    "priority": "high",
    "tags": "printer, Floor-3",
    "how": "nothing",
}


def post(desk: Client, **changed: str) -> Any:
    return desk.post("/desk/tickets/new/", {**FORM, **changed})


def test_a_ticket_is_opened_for_who_called(desk: Client) -> None:
    assert desk.get("/desk/tickets/new/").status_code == 200

    answer = post(desk)

    ticket = Ticket.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/desk/tickets/{ticket.pk}/")
    assert (ticket.requester.email, ticket.requester.name) == ("ivan@example.com", "Ivan")
    assert (ticket.status, ticket.priority, ticket.tags) == ("new", 3, ["printer", "floor-3"])
    assert OutboundEmail.objects.get().state == OutboundEmail.State.SUPPRESSED


def test_they_get_a_notice_if_that_is_chosen(desk: Client) -> None:
    post(desk, how="notify")

    mail = OutboundEmail.objects.get()
    assert (mail.kind, mail.state) == (OutboundEmail.Kind.CREATED, OutboundEmail.State.QUEUED)


def test_the_text_is_sent_as_a_mail_if_that_is_chosen(desk: Client, operator: Operator) -> None:
    post(desk, how="send")

    assert Ticket.objects.get().operator == operator
    mail = OutboundEmail.objects.get()
    assert (mail.kind, mail.state) == (OutboundEmail.Kind.REPLY, OutboundEmail.State.QUEUED)


@pytest.mark.parametrize(
    ("field", "value"),
    [("user_email", "x"), ("user_email", ""), ("title", ""), ("description", " "),
     ("tags", "a!"), ("priority", "huge")],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    desk: Client, field: str, value: str
) -> None:
    answer = post(desk, **{field: value})

    assert answer.status_code == 400
    html = answer.content.decode()
    assert "Something is missing or wrong" in html
    assert html.count('class="field-error"') == 1
    kept = {**FORM, field: value}
    assert f'value="{kept["title"]}"' in html
    assert kept["description"] in html
    assert not Ticket.objects.exists()


def test_who_has_an_open_ticket_gets_no_other_one(desk: Client) -> None:
    ticket = TicketFactory.create(requester__email="ivan@example.com")

    answer = post(desk, description="<script>alert(1)</script>")

    assert answer.status_code == 409
    assert f"They have an open ticket already: #{ticket.pk} ." in text_of(answer)
    assert f'href="/desk/tickets/{ticket.pk}/"' in answer.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in answer.content.decode()
    assert Ticket.objects.count() == 1
