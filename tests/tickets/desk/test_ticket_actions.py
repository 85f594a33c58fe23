"""The forms of a ticket's page, as a browser without JavaScript sends them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from operators.models import Operator
from tests.factories import (
    MessageFactory,
    NoteFactory,
    OperatorFactory,
    ParticipantFactory,
    TicketFactory,
)
from tests.tickets.desk.pages import messages_of, page_of, text_of
from tickets import services
from tickets.models import Event, HistoryEntry, Priority, Status, Ticket
from tickets.note_models import Note


def url_of(ticket: Ticket) -> str:
    return f"/desk/tickets/{ticket.pk}/"


@pytest.fixture
def taken(ticket: Ticket, operator: Operator) -> Ticket:
    """A ticket that `operator` holds."""
    return services.take_ticket(ticket_id=ticket.pk, by=operator)


def send(desk: Client, ticket: Ticket, action: str, **form: Any) -> list[str]:
    """Send a form of the page, and return what the page then says."""
    answer = desk.post(
        f"{url_of(ticket)}{action}/",
        form,
        headers={"referer": f"http://testserver{url_of(ticket)}"},
    )
    assert (answer.status_code, answer.headers["Location"].removeprefix("http://testserver")) == (
        303,
        url_of(ticket),
    )
    ticket.refresh_from_db()
    return messages_of(page_of(desk, url_of(ticket)))


def test_take(desk: Client, ticket: Ticket, operator: Operator) -> None:
    assert send(desk, ticket, "take") == []

    assert (ticket.status, ticket.operator) == (Status.IN_PROGRESS, operator)
    assert "Yours" in text_of(page_of(desk, url_of(ticket)), "head")


def test_take_what_somebody_has_taken(desk: Client, ticket: Ticket) -> None:
    other = OperatorFactory.create()
    services.take_ticket(ticket_id=ticket.pk, by=other)

    (said,) = send(desk, ticket, "take")

    assert "new" in said
    assert ticket.operator == other


def test_assign_and_give_back(desk: Client, taken: Ticket) -> None:
    other = OperatorFactory.create()

    assert send(desk, taken, "assign", operator_id=other.pk) == []
    assert taken.operator == other

    assert send(desk, taken, "assign", operator_id="") == []
    assert taken.operator is None
    assert taken.status == Status.NEW


def test_assign_to_nobody_known(desk: Client, taken: Ticket, operator: Operator) -> None:
    assert send(desk, taken, "assign", operator_id=999) == [
        "There is no active operator with this id."
    ]
    assert taken.operator == operator


def test_close_and_reopen(desk: Client, taken: Ticket) -> None:
    assert send(desk, taken, "close", version=taken.version) == []
    assert taken.status == Status.CLOSED

    assert send(desk, taken, "reopen") == []
    assert taken.status == Status.IN_PROGRESS


def test_an_old_page_does_not_close_but_says_what_came_meanwhile(
    desk: Client, taken: Ticket
) -> None:
    form = f"//form[@action='{url_of(taken)}close/']"
    (old,) = page_of(desk, url_of(taken)).xpath(f"{form}//input[@name='version']/@value")
    other = OperatorFactory.create(name="Пётр")
    services.assign_ticket(ticket_id=taken.pk, to=other, by=other)

    said = send(desk, taken, "close", version=old)

    assert said == [
        "Not done, because the ticket has changed. Look, and do it again.",
        "Пётр assigned it to Пётр",
    ]
    assert taken.status == Status.IN_PROGRESS
    assert not HistoryEntry.objects.filter(event=Event.CLOSED).exists()


def test_snooze_until_a_time_of_the_readers_zone_and_wake(desk: Client, taken: Ticket) -> None:
    desk.cookies["desk_time_zone"] = "Asia/Tokyo"
    day = timezone.now().date() + timedelta(days=2)

    assert send(desk, taken, "snooze", snoozed_until=f"{day}T09:00") == []
    assert taken.snoozed_until == datetime.fromisoformat(f"{day}T09:00+09:00")

    assert send(desk, taken, "snooze", snooze_to="now") == []
    assert taken.snoozed_until is None


def test_snooze_by_a_button(desk: Client, taken: Ticket) -> None:
    page = page_of(desk, url_of(taken))
    times = page.xpath("//button[@name='snooze_to']/@value")

    assert send(desk, taken, "snooze", snooze_to=times[1], snoozed_until="") == []

    assert taken.snoozed_until == datetime.fromisoformat(times[1])


def test_snooze_into_the_past(desk: Client, taken: Ticket) -> None:
    assert send(desk, taken, "snooze", snoozed_until="2020-01-01T09:00") == [
        "The time must be in the future."
    ]
    assert taken.snoozed_until is None


def test_priority(desk: Client, ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(needs_attention=True)

    assert send(desk, ticket, "priority", priority="urgent") == []

    assert (ticket.priority, ticket.needs_attention) == (Priority.URGENT, True)


def test_an_unknown_priority(desk: Client, ticket: Ticket) -> None:
    assert len(send(desk, ticket, "priority", priority="x")) == 1
    assert ticket.priority == Priority.NORMAL


def test_seen_to(desk: Client, ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(needs_attention=True)

    assert send(desk, ticket, "seen-to") == []

    assert not ticket.needs_attention


def test_tags(desk: Client, ticket: Ticket) -> None:
    assert send(desk, ticket, "tags/add", tag="Принтер") == []
    assert send(desk, ticket, "tags/add", tag="floor-3") == []
    assert ticket.tags == ["принтер", "floor-3"]

    assert send(desk, ticket, "tags/remove", tag="принтер") == []
    assert ticket.tags == ["floor-3"]


def test_what_is_no_tag(desk: Client, ticket: Ticket) -> None:
    assert send(desk, ticket, "tags/add", tag="<b>") == [
        "A tag consists of letters, digits and hyphens."
    ]
    assert ticket.tags == []


def test_edit_and_delete_a_note_of_ones_own(
    desk: Client, ticket: Ticket, operator: Operator
) -> None:
    note = NoteFactory.create(ticket=ticket, author=operator, text="old")

    assert send(desk, ticket, f"notes/{note.pk}/edit", text="newer") == []
    text = text_of(page_of(desk, url_of(ticket)), f"note-{note.pk}")
    assert "newer" in text
    assert "old" in text

    assert send(desk, ticket, f"notes/{note.pk}/delete") == []
    assert not Note.objects.exists()


def test_an_old_note_is_not_edited(desk: Client, ticket: Ticket, operator: Operator) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    note = NoteFactory.create(ticket=ticket, author=operator, created_at=hour_ago)

    assert send(desk, ticket, f"notes/{note.pk}/edit", text="newer") == [
        "A note can be edited for 15 minutes."
    ]
    assert not page_of(desk, url_of(ticket)).xpath(f"//*[@id='note-{note.pk}-edit']")


@pytest.mark.parametrize("action", ["edit", "delete"])
def test_another_operators_note_stays(desk: Client, ticket: Ticket, action: str) -> None:
    note = NoteFactory.create(ticket=ticket)

    assert len(send(desk, ticket, f"notes/{note.pk}/{action}", text="x")) == 1

    assert Note.objects.get().text == note.text
    page = page_of(desk, url_of(ticket))
    assert not page.xpath(f"//*[@id='note-{note.pk}']//form")


def test_a_scheduled_answer_goes_out_now_or_is_taken_back(
    desk: Client, taken: Ticket, operator: Operator
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    one, other = (
        services.reply(ticket_id=taken.pk, by=operator, title="Re", text="x", send_at=tomorrow)
        for _number in range(2)
    )
    page = page_of(desk, url_of(taken))
    assert "Goes out at" in text_of(page, f"message-{one.pk}")

    assert send(desk, taken, f"messages/{one.pk}/send") == []
    assert send(desk, taken, f"messages/{other.pk}/withdraw") == ["Taken back. It was not sent."]

    page = page_of(desk, url_of(taken))
    assert "On its way" in text_of(page, f"message-{one.pk}")
    assert "Send now" not in text_of(page, f"message-{one.pk}")
    assert "Taken back before it left" in text_of(page, f"message-{other.pk}")
    assert not page.xpath(f"//*[@id='message-{other.pk}']//form")
    assert page.xpath("//textarea[@id='answer-text']")[0].text.strip() == "x"


def test_a_message_of_the_requester_is_not_taken_back(desk: Client, ticket: Ticket) -> None:
    (message,) = ticket.messages.all()

    assert send(desk, ticket, f"messages/{message.pk}/withdraw") == [
        "This message is not an operator's answer."
    ]


@pytest.mark.parametrize("part", ["messages/{}/send", "notes/{}/delete", "participants/{}/remove"])
def test_parts_of_another_ticket_are_not_found(
    desk: Client, ticket: Ticket, operator: Operator, part: str
) -> None:
    elsewhere = TicketFactory.create()
    others = {
        "messages": MessageFactory.create(ticket=elsewhere),
        "notes": NoteFactory.create(ticket=elsewhere, author=operator),
        "participants": ParticipantFactory.create(ticket=elsewhere),
    }

    said = send(desk, ticket, part.format(others[part.partition("/")[0]].pk))

    assert len(said) == 1
    assert Note.objects.count() == 1


def test_without_a_token_nothing_is_done(operator: Operator, ticket: Ticket) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator)

    answer = browser.post(f"{url_of(ticket)}take/")

    assert answer.status_code in (401, 403)
    ticket.refresh_from_db()
    assert ticket.status == Status.NEW


def test_an_error_is_told_to_htmx_in_the_place_of_messages(desk: Client, ticket: Ticket) -> None:
    answer = desk.post(f"{url_of(ticket)}tags/add/", {"tag": "<b>"}, headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Retarget"]) == (400, "#messages")
