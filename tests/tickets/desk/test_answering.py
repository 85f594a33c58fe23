"""The form of an answer: sent now or later, once, and never without what came meanwhile."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from mailing.models import OutboundEmail
from operators.idempotency import keep_answer
from operators.models import IdempotencyKey, Operator
from tests.concurrency import at_once
from tests.factories import (
    HistoryEntryFactory,
    MessageFactory,
    OperatorFactory,
    ParticipantFactory,
    TicketFactory,
)
from tests.tickets.desk.forms import page_of, post_answer, text_in, value_of
from tickets import properties
from tickets.models import Draft, Event, HistoryEntry, Message, Status, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]


def write(ticket: Ticket, text: str = "Нашёл бумагу!", **sender: object) -> None:
    """Let the requester, or another sender, write in the ticket."""
    message = MessageFactory.create(ticket=ticket, text=text, **sender)
    Ticket.objects.filter(pk=ticket.pk).update(version=ticket.version + 1)
    HistoryEntryFactory.create(
        ticket=ticket, event=Event.WROTE, message=message, version=ticket.version + 1
    )


def answers() -> list[Message]:
    return list(Message.objects.filter(sender_type="operator"))


def test_an_answer_waits_ten_seconds_and_takes_the_ticket(
    desk: Client, operator: Operator, ticket: Ticket
) -> None:
    answer = post_answer(desk, ticket, text="Проверьте **бумагу**.")

    assert (answer.status_code, answer["Location"]) == (303, f"/desk/tickets/{ticket.pk}/")
    (message,) = answers()
    assert (message.text, message.operator) == ("Проверьте **бумагу**.", operator)
    assert message.title == "Re: Не печатает принтер"
    mail = OutboundEmail.objects.get(kind="reply")
    assert mail.send_at is not None
    assert timedelta(seconds=5) < mail.send_at - timezone.now() <= timedelta(seconds=10)
    assert mail.inbox_before is not None  # held if it is crossed
    ticket.refresh_from_db()
    assert (ticket.operator, ticket.status) == (operator, Status.IN_PROGRESS)
    shown = page_of(desk, ticket)
    assert f'action="/desk/tickets/{ticket.pk}/answers/{message.pk}/undo/"' in shown
    assert text_in(shown) == ""


def test_an_answer_leaves_a_colleagues_ticket_to_them(desk: Client) -> None:
    ticket = TicketFactory.create(taken=True)

    post_answer(desk, ticket)

    holder = ticket.operator
    ticket.refresh_from_db()
    assert (ticket.operator, len(answers())) == (holder, 1)


def test_send_and_close_goes_at_once(desk: Client, ticket: Ticket) -> None:
    post_answer(desk, ticket, send="close")

    ticket.refresh_from_db()
    assert ticket.status == Status.CLOSED
    assert OutboundEmail.objects.get(kind="reply").send_at is None


@pytest.mark.parametrize(("send", "hour"), [("tomorrow", 9), ("monday", 9)])
def test_an_answer_is_sent_later_in_the_readers_zone(
    desk: Client, ticket: Ticket, send: str, hour: int
) -> None:
    desk.cookies["desk_time_zone"] = "Asia/Tokyo"

    answer = post_answer(desk, ticket, send=send)

    assert answer.status_code == 303
    at = OutboundEmail.objects.get(kind="reply").send_at
    assert at is not None
    here = at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert (here.hour, here.minute) == (hour, 0)
    assert send != "monday" or here.weekday() == 0
    assert "undo" not in page_of(desk, ticket)


def test_an_answer_is_sent_at_a_chosen_time(desk: Client, ticket: Ticket) -> None:
    at = datetime.now(ZoneInfo("UTC")).replace(second=0, microsecond=0) + timedelta(days=3)

    post_answer(desk, ticket, send="at", send_at=at.strftime("%Y-%m-%dT%H:%M"))

    assert OutboundEmail.objects.get(kind="reply").send_at == at


@pytest.mark.parametrize("send_at", ["", "soon", "2020-01-01T09:00", "2999-01-01T09:00"])
def test_an_impossible_time_keeps_the_text(desk: Client, ticket: Ticket, send_at: str) -> None:
    answer = post_answer(desk, ticket, send="at", send_at=send_at, text="Не потеряйте меня")

    assert answer.status_code == 303
    assert (answers(), OutboundEmail.objects.count()) == ([], 0)
    shown = page_of(desk, ticket)
    assert text_in(shown) == "Не потеряйте меня"
    assert 'class="message error"' in shown


def test_only_chosen_participants_get_a_copy(desk: Client, ticket: Ticket) -> None:
    for name in ("petr", "olga"):
        ParticipantFactory.create(ticket=ticket, email=f"{name}@x.example")

    post_answer(desk, ticket, chooses_cc="1", cc=["olga@x.example"])

    recipients = OutboundEmail.objects.filter(kind="reply").values_list("recipient", flat=True)
    assert set(recipients) == {"ivan@x.example", "olga@x.example"}


def test_without_a_choice_all_participants_get_a_copy(desk: Client, ticket: Ticket) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@x.example")

    post_answer(desk, ticket)

    assert OutboundEmail.objects.filter(kind="reply").count() == 2


def test_files_of_the_form_are_sent(desk: Client, ticket: Ticket) -> None:
    upload = [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"b")]

    post_answer(desk, ticket, upload=upload)

    (message,) = answers()
    names = message.attachments.order_by("position").values_list("name", flat=True)
    assert list(names) == ["a.txt", "b.txt"]


def test_too_many_files_keep_the_text(desk: Client, ticket: Ticket) -> None:
    upload = [SimpleUploadedFile(f"{n}.txt", b"a") for n in range(21)]

    answer = post_answer(desk, ticket, upload=upload)

    assert (answer.status_code, answers()) == (303, [])
    assert text_in(page_of(desk, ticket)) == "Проверьте бумагу."


def test_a_double_click_sends_once(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, ticket)

    first, second = post_answer(desk, ticket, page), post_answer(desk, ticket, page)

    assert first["Location"] == second["Location"]
    assert (first.status_code, second.status_code, len(answers())) == (303, 303, 1)


@pytest.mark.django_db(transaction=True)
def test_two_forms_at_one_moment_send_once(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, ticket)

    answered = at_once([lambda: post_answer(desk, ticket, page)] * 2)

    assert [answer.status_code for answer in answered] == [303, 303]
    assert len(answers()) == 1


def test_another_text_under_a_used_key_is_asked_about(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, ticket)
    post_answer(desk, ticket, page)

    post_answer(desk, ticket, page, text="Другой текст")

    assert len(answers()) == 1
    shown = page_of(desk, ticket)
    assert text_in(shown) == "Другой текст"
    assert value_of(shown, "key") != value_of(page, "key")


def test_a_message_that_came_meanwhile_is_shown_before_the_answer_goes(
    desk: Client, ticket: Ticket
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@x.example")
    page = page_of(desk, ticket)
    write(ticket, "Уже <b>не</b> надо!")

    answer = post_answer(desk, ticket, page, chooses_cc="1", cc=[])

    assert (answer.status_code, answers()) == (303, [])
    shown = desk.get(answer["Location"]).content.decode()
    assert "Уже &lt;b&gt;не&lt;/b&gt; надо!" in shown
    assert text_in(shown) == "Проверьте бумагу."
    assert 'value="petr@x.example">' in shown  # not ticked
    assert value_of(shown, "version") == str(ticket.version + 1)
    assert post_answer(desk, ticket, shown, text=text_in(shown)).status_code == 303
    assert len(answers()) == 1


def test_a_colleagues_answer_is_asked_about_as_well(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, ticket)
    colleague = OperatorFactory.create()
    write(ticket, sender_type="operator", operator=colleague, sender_name=colleague.name)

    answer = post_answer(desk, ticket, page)

    assert "since=" in answer["Location"]
    assert len(answers()) == 1


def test_other_changes_do_not_disturb(desk: Client, operator: Operator, ticket: Ticket) -> None:
    page = page_of(desk, ticket)
    properties.add_tag(ticket_id=ticket.pk, by=operator, tag="печать")

    post_answer(desk, ticket, page)

    assert len(answers()) == 1


def test_a_closed_ticket_takes_no_answer_and_keeps_the_text(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, ticket)
    Ticket.objects.update(
        status=Status.CLOSED,
        operator=OperatorFactory.create(),
        waiting_on=None,
        waiting_since=None,
    )

    answer = post_answer(desk, ticket, page)

    assert (answer.status_code, answers()) == (303, [])
    shown = page_of(desk, ticket)
    assert '<form id="answer"' not in shown
    assert "Проверьте бумагу." in shown
    assert '<form id="note"' in shown


def test_an_empty_answer_is_not_sent(desk: Client, ticket: Ticket) -> None:
    answer = post_answer(desk, ticket, text=" \n ")

    assert (answer.status_code, answers(), HistoryEntry.objects.count()) == (303, [], 0)


def test_a_text_that_no_draft_takes_is_shown_again(desk: Client, ticket: Ticket) -> None:
    answer = post_answer(desk, ticket, text="я" * 100_001)

    assert (answer.status_code, answers()) == (400, [])
    assert text_in(answer.content.decode(), "unsent-text") == "я" * 100_001


def test_a_script_gets_the_problem_as_a_message(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, ticket)
    form = {"key": value_of(page, "key"), "text": " "}

    answer = desk.post(f"/desk/tickets/{ticket.pk}/answer/", form, headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Retarget"]) == (400, "#messages")
    assert not Draft.objects.exists()


def test_a_script_gets_a_new_key_for_another_text(
    desk: Client, operator: Operator, ticket: Ticket
) -> None:
    keep_answer(
        IdempotencyKey(
            operator=operator, key="desk used", request_hash="x", status=303, content="/"
        )
    )

    answer = desk.post(
        f"/desk/tickets/{ticket.pk}/answer/",
        {"key": "used", "text": "Другой"},
        headers={"HX-Request": "true"},
    )

    assert (answer.status_code, len(answer["Desk-Key"]), answers()) == (409, 36, [])


def test_who_is_signed_out_keeps_the_form(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, ticket)
    form = {"key": value_of(page, "key"), "title": "Re", "text": "Не потеряйте меня"}

    answer = Client().post(
        f"/desk/tickets/{ticket.pk}/answer/", form, headers={"Origin": "http://testserver"}
    )

    assert (answer.status_code, answers()) == (401, [])
    kept = value_of(answer.content.decode(), "kept_fields", None)
    assert json.loads(kept)["text"] == ["Не потеряйте меня"]
