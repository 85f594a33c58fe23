"""What was typed into the composer stays, whatever becomes of its form."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client

from operators.models import Operator
from tests.factories import DraftFactory
from tests.tickets.desk.forms import page_of, post_answer, text_in, value_of
from tickets.models import Draft, Message, Ticket
from tickets.note_models import Note

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def draft(operator: Operator, ticket: Ticket) -> Draft:
    return DraftFactory.create(operator=operator, ticket=ticket, text="Полписьма")


@pytest.mark.parametrize("method", ["get", "head", "put"])
def test_looking_at_the_address_of_the_form_deletes_no_draft(
    desk: Client, ticket: Ticket, draft: Draft, method: str
) -> None:
    answer = getattr(desk, method)(f"/desk/tickets/{ticket.pk}/answer/")

    assert answer.status_code == 405
    assert Draft.objects.get().text == "Полписьма"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"{}", "application/json"), (b"--x\r\nnothing", "multipart/form-data; boundary=")],
)
def test_a_form_that_cannot_be_read_deletes_no_draft(
    desk: Client, ticket: Ticket, draft: Draft, body: bytes, content_type: str
) -> None:
    desk.post(f"/desk/tickets/{ticket.pk}/answer/", body, content_type=content_type)

    assert Draft.objects.get().text == "Полписьма"


def test_a_double_click_with_a_file_sends_once(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, ticket)

    sent = [
        post_answer(desk, ticket, page, upload=SimpleUploadedFile("a.txt", b"a"))
        for _click in range(2)
    ]

    assert sent[0]["Location"] == sent[1]["Location"]
    assert Message.objects.filter(sender_type="operator").count() == 1
    assert not Draft.objects.exists()


def test_another_note_under_a_used_key_is_shown_and_sent_with_a_new_one(
    desk: Client, ticket: Ticket
) -> None:
    url = f"/desk/tickets/{ticket.pk}/note/"
    desk.post(url, {"key": "used", "text": "Первая"})

    shown = desk.post(url, {"key": "used", "text": "Вторая"})

    page = shown.content.decode()
    assert (shown.status_code, text_in(page, "unsent-text")) == (409, "Вторая")
    desk.post(url, {"key": value_of(page, "key", None), "text": "Вторая"})
    assert list(Note.objects.order_by("pk").values_list("text", flat=True)) == ["Первая", "Вторая"]


def test_a_script_gets_a_new_key_for_another_note(desk: Client, ticket: Ticket) -> None:
    url = f"/desk/tickets/{ticket.pk}/note/"
    desk.post(url, {"key": "used", "text": "Первая"})

    answer = desk.post(url, {"key": "used", "text": "Вторая"}, headers=SCRIPT)

    assert (answer.status_code, len(answer["Desk-Key"])) == (409, 36)


def test_a_note_that_is_too_long_is_shown_again(desk: Client, ticket: Ticket) -> None:
    answer = desk.post(f"/desk/tickets/{ticket.pk}/note/", {"key": "a", "text": "я" * 100_001})

    assert (answer.status_code, Note.objects.exists()) == (400, False)
    assert text_in(answer.content.decode(), "unsent-text") == "я" * 100_001


@pytest.mark.parametrize("form", ["answer", "note", "draft"])
def test_a_key_may_have_any_characters(desk: Client, ticket: Ticket, form: str) -> None:
    answer = desk.post(f"/desk/tickets/{ticket.pk}/{form}/", {"key": "a\0b", "text": "Текст"})

    assert answer.status_code in (200, 303)


def test_a_refused_form_on_its_own_address_leads_to_the_ticket(
    desk: Client, ticket: Ticket
) -> None:
    url = f"/desk/tickets/{ticket.pk}/answer/"

    answer = desk.post(url, {"text": " "}, headers={"Referer": f"http://testserver{url}"})

    assert (answer.status_code, answer["Location"]) == (303, f"/desk/tickets/{ticket.pk}/")


def test_ends_of_lines_are_one_character_each(desk: Client, ticket: Ticket) -> None:
    url, text = f"/desk/tickets/{ticket.pk}/", "Да\r\n" * 30_000

    desk.post(f"{url}draft/", {"key": "a", "text": text})
    desk.post(f"{url}note/", {"key": "b", "text": text})
    post_answer(desk, ticket, text=text, key="c")

    assert Note.objects.get().text == "Да\n" * 30_000
    assert Message.objects.get(sender_type="operator").text == "Да\n" * 30_000


@pytest.mark.parametrize("headers", [{}, SCRIPT])
def test_a_database_that_goes_down_is_told_as_such(
    desk: Client, ticket: Ticket, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError

    monkeypatch.setattr("tickets.desk.actions.read_form", fail)
    monkeypatch.setattr("tickets.desk.ticket.read_conversation", fail)
    monkeypatch.setattr("tickets.desk.views.counted_queues", fail)

    page = desk.get(f"/desk/tickets/{ticket.pk}/", headers=headers)
    form = desk.post(f"/desk/tickets/{ticket.pk}/take/", headers=SCRIPT)

    assert (page.status_code, form.status_code) == (503, 503)
