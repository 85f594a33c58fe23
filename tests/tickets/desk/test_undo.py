"""An answer is taken back before it leaves."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import (
    OperatorFactory,
)
from tests.tickets.desk.forms import page_of, post_answer, text_in, value_of
from tests.tickets.desk.test_answering import answers
from tickets.models import Draft, Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]


def test_undo_puts_text_subject_and_files_back(
    desk: Client, operator: Operator, ticket: Ticket
) -> None:
    upload = SimpleUploadedFile("a.txt", b"a")
    post_answer(desk, ticket, title="Другая тема", upload=upload)
    (message,) = answers()

    answer = desk.post(f"/desk/tickets/{ticket.pk}/answers/{message.pk}/undo/")

    assert answer.status_code == 303
    assert OutboundEmail.objects.get(kind="reply").state == "withdrawn"
    draft = Draft.objects.get(operator=operator)
    assert (draft.title, draft.text) == ("Другая тема", "Проверьте бумагу.")
    shown = page_of(desk, ticket)
    assert text_in(shown) == "Проверьте бумагу."
    assert value_of(shown, "files") == str(draft.files[0])
    again = post_answer(desk, ticket, shown, files=draft.files)
    assert again.status_code == 303
    assert [m.attachments.count() for m in Message.objects.filter(operator=operator)] == [1, 1]


def test_undo_keeps_what_was_begun_meanwhile(
    desk: Client, operator: Operator, ticket: Ticket
) -> None:
    post_answer(desk, ticket)
    (message,) = answers()
    desk.post(f"/desk/tickets/{ticket.pk}/draft/", {"text": "Ещё одно"})

    desk.post(f"/desk/tickets/{ticket.pk}/answers/{message.pk}/undo/")

    assert Draft.objects.get(operator=operator).text == "Проверьте бумагу.\n\nЕщё одно"


def test_a_colleagues_answer_is_taken_back_without_a_draft(
    desk: Client, operator: Operator, ticket: Ticket
) -> None:
    colleague = Client()
    colleague.force_login(OperatorFactory.create())
    post_answer(colleague, ticket)
    (message,) = answers()

    desk.post(f"/desk/tickets/{ticket.pk}/answers/{message.pk}/undo/")

    assert OutboundEmail.objects.get(kind="reply").state == "withdrawn"
    assert not Draft.objects.exists()


def test_what_has_left_is_not_taken_back(desk: Client, ticket: Ticket) -> None:
    post_answer(desk, ticket)
    (message,) = answers()
    OutboundEmail.objects.filter(kind="reply").update(state="sent", sent_at=timezone.now())

    answer = desk.post(f"/desk/tickets/{ticket.pk}/answers/{message.pk}/undo/")

    assert answer.status_code == 303
    assert not Draft.objects.exists()
    assert 'class="message error"' in page_of(desk, ticket)
