"""The form around a list, `/desk/bulk/`."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from operators.models import Operator
from tests.factories import OperatorFactory, TicketFactory
from tests.tickets.desk.queue.pages import desk_of, messages_of, numbers
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def act(desk: Client, *tickets: Ticket | str, where: str = "/desk/?queue=all", **form: Any) -> Any:
    chosen = [f"{each.pk}-{each.version}" if isinstance(each, Ticket) else each for each in tickets]
    headers = {"Referer": f"http://testserver{where}"}
    return desk.post("/desk/bulk/", {"ticket": chosen, **form}, headers=headers, follow=True)


@pytest.fixture
def mine(operator: Operator) -> Ticket:
    return TicketFactory.create(status="in_progress", operator=operator)


def test_the_selected_tickets_are_handed_over(desk: Client, mine: Ticket) -> None:
    other, anna = TicketFactory.create(), OperatorFactory.create()
    untouched = TicketFactory.create()

    answer = act(desk, mine, other, action="assign", operator_id=anna.pk)

    assert answer.redirect_chain == [("http://testserver/desk/?queue=all", 303)]
    assert messages_of(answer) == ["Done for 2 tickets"]
    holders = Ticket.objects.order_by("pk").values_list("pk", "operator")
    assert list(holders) == [(mine.pk, anna.pk), (other.pk, anna.pk), (untouched.pk, None)]


def test_tickets_are_given_back(desk: Client, mine: Ticket) -> None:
    act(desk, mine, action="assign", operator_id="")

    assert Ticket.objects.get().operator is None


@pytest.mark.parametrize(
    ("form", "field", "value"),
    [
        ({"action": "close"}, "status", "closed"),
        ({"action": "tag", "tag": "Printer"}, "tags", ["a", "printer"]),
        ({"tag": "Printer"}, "tags", ["a", "printer"]),  # Enter in the field
        ({"action": "untag", "tag": "a"}, "tags", []),
        ({"priority": "urgent"}, "priority", 4),
        ({"snooze_to": "2100-01-01T09:00:00+03:00"}, "snoozed_until",
         datetime(2100, 1, 1, 9, tzinfo=ZoneInfo("Europe/Moscow"))),
    ],
)  # fmt: skip
def test_each_button_does_its_own(
    desk: Client, mine: Ticket, form: dict[str, str], field: str, value: object
) -> None:
    mine.tags = ["a"]
    mine.save()

    answer = act(desk, mine, **form)

    assert messages_of(answer) == [f"Done: #{mine.pk}"]
    assert getattr(Ticket.objects.get(), field) == value


def test_a_closed_ticket_is_reopened(desk: Client, operator: Operator) -> None:
    closed = TicketFactory.create(closed=True)

    act(desk, closed, action="reopen")

    assert Ticket.objects.get().status == "in_progress"


def test_a_time_is_the_readers_own(desk: Client, mine: Ticket) -> None:
    desk.cookies["desk_time_zone"] = "Asia/Tokyo"

    act(desk, mine, action="snooze", snoozed_until="2100-01-01T09:00")

    until = Ticket.objects.get().snoozed_until
    assert until == datetime(2100, 1, 1, 9, tzinfo=ZoneInfo("Asia/Tokyo"))


def test_snoozed_tickets_are_woken(desk: Client, mine: Ticket) -> None:
    mine.snoozed_until = timezone.now() + timedelta(days=1)
    mine.save()

    act(desk, mine, snooze_to="now")

    assert Ticket.objects.get().snoozed_until is None


def test_what_did_not_work_is_told_with_its_reason(desk: Client, mine: Ticket) -> None:
    first, second = TicketFactory.create_batch(2, closed=True)

    answer = act(desk, first, mine, second, "987654", action="close")

    done, not_open, unknown = messages_of(answer)
    assert done == f"Done: #{mine.pk}"
    assert not_open.startswith(f"Not done for #{first.pk}, #{second.pk}: The ticket is closed")
    assert unknown.startswith("Not done for #987654: ")


def test_a_ticket_with_a_new_message_is_not_closed(desk: Client, mine: Ticket) -> None:
    answer = act(desk, f"{mine.pk}-{mine.version - 1}", action="close")

    assert messages_of(answer)[0].startswith(f"Not done for #{mine.pk}: ")
    assert Ticket.objects.get().status == "in_progress"
    assert messages_of(act(desk, f"{mine.pk}-0", priority="high")) == [f"Done: #{mine.pk}"]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "Choose what to do with them."),
        ({"action": "explode"}, '"explode" is not a valid choice.'),
        ({"action": "tag", "tag": "two words"}, "A tag consists of letters, digits and hyphens."),
        ({"priority": "huge"}, '"huge" is not a valid choice.'),
        ({"action": "assign", "operator_id": "987654"}, "There is no active operator"),
        ({"snooze_to": "2020-01-01T09:00:00Z"}, "The time must be in the future."),
    ],
)
def test_a_form_that_makes_no_sense_changes_nothing(
    desk: Client, mine: Ticket, form: dict[str, str], message: str
) -> None:
    answer = act(desk, mine, **form)

    assert messages_of(answer)[0].startswith(message)
    assert Ticket.objects.get().version == mine.version


@pytest.mark.parametrize("ticket", ["", "x", "-", "0", "9" * 30])
def test_what_is_no_ticket_is_refused(desk: Client, ticket: str) -> None:
    assert act(desk, ticket, action="close").status_code == 200
    assert messages_of(act(desk, action="close")) == ["Choose tickets first."]


def test_a_row_has_its_own_buttons(desk: Client, operator: Operator) -> None:
    first, second = TicketFactory.create_batch(2)

    taken = act(desk, first, only=f"take {second.pk}-{second.version}")
    second.refresh_from_db()
    closed = act(desk, first, only=f"close {second.pk}-{second.version}")

    assert messages_of(taken) == messages_of(closed) == [f"Done: #{second.pk}"]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status, second.operator) == ("new", "closed", operator)


def test_of_two_operators_one_takes_a_ticket(desk: Client, ticket: Ticket) -> None:
    other = desk_of(OperatorFactory.create())
    act(other, only=f"take {ticket.pk}-1")

    answer = act(desk, only=f"take {ticket.pk}-1")

    assert messages_of(answer)[0].startswith(f"Not done for #{ticket.pk}: ")


def test_a_list_comes_back_as_long_as_it_was(desk: Client, mine: Ticket) -> None:
    TicketFactory.create_batch(60)

    answer = act(desk, mine, action="close", page_size="60")

    assert answer.redirect_chain[0][0] == "http://testserver/desk/?queue=all&page_size=60"
    assert len(numbers(answer)) == 60
    for size in ("0", "999999", "x", "-5"):
        assert "page_size" not in act(desk, mine, page_size=size).redirect_chain[0][0]


def test_htmx_gets_a_problem_as_a_message(desk: Client, mine: Ticket) -> None:
    answer = desk.post("/desk/bulk/", {"action": "close"}, headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Retarget"]) == (400, "#messages")


def test_a_form_of_another_site_does_nothing(operator: Operator, mine: Ticket) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator)

    answer = browser.post("/desk/bulk/", {"ticket": str(mine.pk), "action": "close"})

    assert answer.status_code in (401, 403)
    assert Ticket.objects.get().status == "in_progress"
