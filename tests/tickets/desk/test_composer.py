"""What the composer shows and keeps: drafts, files, notes, who else writes, templates."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from operators.models import Operator
from tests.factories import (
    DraftFactory,
    OperatorFactory,
    ParticipantFactory,
    ReplyTemplateFactory,
)
from tests.tickets.desk.forms import page_of, post_answer, text_in, value_of
from tickets.models import Attachment, Draft, Message, Status, Ticket
from tickets.note_models import Note

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]

HOSTILE = "</textarea><script>alert(1)</script>{{ x }}"
SCRIPT = {"HX-Request": "true"}


def post(desk: Client, ticket: Ticket, path: str, **fields: object) -> object:
    return desk.post(f"/desk/tickets/{ticket.pk}/{path}/", fields, headers=SCRIPT)


def test_a_draft_is_kept_and_there_again(desk: Client, operator: Operator, ticket: Ticket) -> None:
    answer = desk.post(
        f"/desk/tickets/{ticket.pk}/draft/", {"title": "Тема", "text": HOSTILE}, headers=SCRIPT
    )

    assert answer.status_code == 200
    assert answer.json()["said"].startswith("Saved") or answer.json()["said"]
    assert Draft.objects.get().operator == operator
    shown = page_of(desk, ticket)
    assert text_in(shown) == HOSTILE
    assert "<script>alert" not in shown
    assert value_of(shown, "title") == "Тема"


def test_an_emptied_draft_is_none(desk: Client, ticket: Ticket) -> None:
    post(desk, ticket, "draft", text="Добрый")

    post(desk, ticket, "draft", text=" ")

    assert not Draft.objects.exists()


def test_a_draft_that_comes_after_its_answer_is_dropped(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, ticket)
    post_answer(desk, ticket, page)

    answer = desk.post(
        f"/desk/tickets/{ticket.pk}/draft/",
        {"key": value_of(page, "key"), "text": "Проверьте бумагу."},
        headers=SCRIPT,
    )

    assert answer.json() == {"sent": True}
    assert not Draft.objects.exists()


def test_a_draft_is_deleted(desk: Client, ticket: Ticket) -> None:
    post(desk, ticket, "draft", text="Добрый")

    answer = desk.post(f"/desk/tickets/{ticket.pk}/draft/delete/")

    assert (answer.status_code, Draft.objects.exists()) == (303, False)


def test_a_draft_with_somebody_elses_file_is_refused(desk: Client, ticket: Ticket) -> None:
    answer = desk.post(
        f"/desk/tickets/{ticket.pk}/draft/", {"text": "a", "files": ["999"]}, headers=SCRIPT
    )

    assert (answer.status_code, Draft.objects.exists()) == (400, False)
    assert "999" in answer.json()["problem"]


def test_files_are_uploaded_by_the_script(desk: Client, operator: Operator, ticket: Ticket) -> None:
    file = SimpleUploadedFile("<b>.txt", b"a")

    answer = desk.post(f"/desk/tickets/{ticket.pk}/uploads/", {"upload": file}, headers=SCRIPT)

    upload = Attachment.objects.get()
    assert answer.json() == {"files": [{"id": upload.pk, "name": upload.name}]}
    assert (upload.uploaded_by, upload.message) == (operator, None)
    post(desk, ticket, "draft", text="a", files=[upload.pk])
    assert value_of(page_of(desk, ticket), "files") == str(upload.pk)


def test_a_large_file_is_refused(desk: Client, ticket: Ticket, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    file = SimpleUploadedFile("a.txt", b"a" * 11)

    answer = desk.post(f"/desk/tickets/{ticket.pk}/uploads/", {"upload": file}, headers=SCRIPT)

    assert (answer.status_code, Attachment.objects.exists()) == (413, False)
    assert answer.json()["problem"]


def test_a_template_is_inserted_below_what_is_written(desk: Client, ticket: Ticket) -> None:
    template = ReplyTemplateFactory.create(text="Ждём, {{ requester_name }}!")

    answer = post_answer(desk, ticket, send="insert", template=template.pk)

    assert answer["Location"].endswith("#composer")
    assert text_in(page_of(desk, ticket)) == "Проверьте бумагу.\n\nЖдём, Иван Петров!"
    assert not Message.objects.filter(sender_type="operator").exists()
    url = f"/desk/tickets/{ticket.pk}/templates/{template.pk}/"
    assert desk.get(url).json() == {"text": "Ждём, Иван Петров!"}


def test_a_preview_shows_the_draft_with_the_signature(
    desk: Client, operator: Operator, ticket: Ticket
) -> None:
    Operator.objects.filter(pk=operator.pk).update(signature="**Мария**")

    answer = post_answer(desk, ticket, send="preview", text=f"**Да** {HOSTILE}")

    shown = desk.get(answer["Location"]).content.decode()
    assert "<strong>Да</strong> &lt;/textarea&gt;&lt;script&gt;" in shown
    assert "**Мария**" in shown


def test_who_else_writes_is_shown(desk: Client, ticket: Ticket) -> None:
    writing = OperatorFactory.create(name="Ольга", is_active=True)
    DraftFactory.create(ticket=ticket, operator=writing)
    waiting = OperatorFactory.create(name="Пётр")
    long_ago = timezone.now() - timedelta(hours=1)
    DraftFactory.create(ticket=ticket, operator=waiting, created_at=long_ago)
    Operator.objects.update(language="en")

    shown = page_of(desk, ticket)

    assert "Ольга is writing an answer" in shown
    assert "Пётр has an unsent answer here" in shown


def test_a_note_is_added_once_and_mailed_to_nobody(desk: Client, ticket: Ticket) -> None:
    key = value_of(page_of(desk, ticket), "key", "note")

    for _click in range(2):
        answer = desk.post(f"/desk/tickets/{ticket.pk}/note/", {"key": key, "text": HOSTILE})
        assert answer.status_code == 303

    assert [note.text for note in Note.objects.all()] == [HOSTILE]
    assert not Message.objects.filter(sender_type="operator").exists()


def test_a_closed_ticket_takes_notes(desk: Client, ticket: Ticket) -> None:
    Ticket.objects.update(
        status=Status.CLOSED,
        operator=OperatorFactory.create(),
        waiting_on=None,
        waiting_since=None,
    )

    desk.post(f"/desk/tickets/{ticket.pk}/note/", {"key": "a", "text": "Позвонить"})

    assert Note.objects.count() == 1


def test_an_empty_note_is_refused(desk: Client, ticket: Ticket) -> None:
    answer = desk.post(f"/desk/tickets/{ticket.pk}/note/", {"text": " "}, headers=SCRIPT)

    assert (answer.status_code, Note.objects.exists()) == (400, False)


@pytest.mark.parametrize(
    "path",
    ["answer/", "note/", "draft/", "draft/delete/", "uploads/", "answers/1/undo/", "templates/1/"],
)
def test_an_unknown_ticket_is_not_found(desk: Client, path: str) -> None:
    url = f"/desk/tickets/999/{path}"
    form = {"text": "a", "key": "a"}
    is_read = path.startswith("templates")

    answer = desk.get(url) if is_read else desk.post(url, form, headers=SCRIPT)

    assert answer.status_code == 404


def test_the_number_of_queries_does_not_grow(desk: Client, ticket: Ticket) -> None:
    def count_after(rows: int) -> int:
        for _each in range(rows):
            ParticipantFactory.create(ticket=ticket)
            ReplyTemplateFactory.create()
            DraftFactory.create(ticket=ticket)
        files = [SimpleUploadedFile(f"{n}.txt", b"a") for n in range(rows)]
        post_answer(desk, ticket, send="save", upload=files)
        page_of(desk, ticket)  # shows what was said
        with CaptureQueriesContext(connection) as queries:
            page_of(desk, ticket)
        return len(queries)

    assert count_after(1) == count_after(5)
