"""Participants, notes and templates of replies in the Django admin."""

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from operators.models import Operator
from tests.factories import (
    DraftFactory,
    NoteFactory,
    OperatorFactory,
    ParticipantFactory,
    ReplyTemplateFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(supervisor: Operator) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(supervisor)
    return client


def pages(admin: Client, row: Model, **query: str) -> tuple[str, str]:
    """Return the list of a row's model and the row's own page."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
    listed = admin.get(reverse(f"{name}_changelist"), query)
    shown = admin.get(reverse(f"{name}_change", args=[row.pk]))
    assert (listed.status_code, shown.status_code) == (200, 200)
    return listed.content.decode(), shown.content.decode()


def test_a_participant_is_found_by_the_address(admin: Client) -> None:
    merged = TicketFactory.create(closed=True)
    row = ParticipantFactory.create(email="petr@example.com", name="<Petr>", merged_from=merged)
    ParticipantFactory.create(email="olga@example.com")

    listed, shown = pages(admin, row, q="petr@")

    ticket = f'<a href="/admin/tickets/ticket/{row.ticket_id}/change/">#{row.ticket_id}</a>'
    for page in (listed, shown):
        assert ticket in page
        assert "petr@example.com" in page
        assert "&lt;Petr&gt;" in page
    assert "olga@example.com" not in listed
    assert f"#{merged.pk}" in shown


def test_a_note_shows_what_it_said_before(admin: Client) -> None:
    author = OperatorFactory.create(name="Maria")
    history = [{"text": "<i>first</i>", "at": "2026-11-23T09:00:00Z"}]
    row = NoteFactory.create(author=author, text="second\n third", history=history)

    listed, shown = pages(admin, row, q="second")

    assert "second third" in listed
    assert '<pre class="written">second\n third</pre>' in shown
    assert (
        '<td>2026-11-23 09:00:00 UTC</td><td><pre class="written">'
        "&lt;i&gt;first&lt;/i&gt;</pre></td>" in shown
    )
    assert "Maria (" in listed
    assert "first" not in listed


def test_a_template_is_shown_with_its_variables(admin: Client) -> None:
    row = ReplyTemplateFactory.create(name="Paper", text="Hello {{ requester_name }}")

    listed, shown = pages(admin, row, q="requester_name")

    assert "Paper" in listed
    assert "Hello {{ requester_name }}" in shown


def test_a_draft_is_its_authors_alone(admin: Client) -> None:
    row = DraftFactory.create()

    assert admin.get(f"/admin/tickets/draft/{row.pk}/change/").status_code == 404
