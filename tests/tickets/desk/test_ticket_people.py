"""The forms of a ticket's page for its people, and for merging it into another one."""

from django.test import Client

from tests.factories import (
    TicketFactory,
)
from tests.tickets.desk.pages import page_of, text_of
from tests.tickets.desk.test_ticket_actions import send, url_of
from tickets.models import Status, Ticket


def test_participants(desk: Client, ticket: Ticket) -> None:
    assert send(desk, ticket, "participants", email="petr@example.com") == []
    (person,) = ticket.participants.all()
    assert (person.email, person.is_removed) == ("petr@example.com", False)

    assert send(desk, ticket, f"participants/{person.pk}/remove") == []
    person.refresh_from_db()
    assert person.is_removed


def test_what_is_no_address(desk: Client, ticket: Ticket) -> None:
    assert len(send(desk, ticket, "participants", email="x")) == 1
    assert not ticket.participants.exists()


def test_the_note_about_a_requester(desk: Client, ticket: Ticket) -> None:
    version = ticket.version

    assert send(desk, ticket, "requester-note", note="Call after lunch", name="x") == ["Saved"]

    ticket.requester.refresh_from_db()
    assert (ticket.requester.note, ticket.requester.name) == ("Call after lunch", "Иван Петров")
    assert ticket.version == version


def test_merge_after_a_look_and_undo_it(desk: Client, ticket: Ticket) -> None:
    target = TicketFactory.create(title="The other printer")
    page = page_of(desk, f"{url_of(ticket)}merge-into/?into={target.pk}")
    assert "The other printer" in text_of(page, "main")
    (version,) = page.xpath("//input[@name='version']/@value")

    assert send(desk, ticket, "merge", into=target.pk, version=version) == []
    assert (ticket.status, ticket.merged_into) == (Status.CLOSED, target)

    assert send(desk, ticket, "unmerge") == []
    assert (ticket.status, ticket.merged_into) == (Status.NEW, None)


def test_merge_into_what_is_not_there(desk: Client, ticket: Ticket) -> None:
    page = page_of(desk, f"{url_of(ticket)}merge-into/?into=999")

    assert "There is no ticket with this number." in text_of(page, "main")
    assert not page.xpath("//input[@name='into']")
    assert desk.get(f"{url_of(ticket)}merge-into/?into=x").status_code == 400


def test_merge_into_what_is_closed(desk: Client, ticket: Ticket) -> None:
    target = TicketFactory.create(closed=True)

    page = page_of(desk, f"{url_of(ticket)}merge-into/?into={target.pk}")

    assert "It is closed. Reopen it first, or choose an open ticket." in text_of(page, "main")
    assert not page.xpath("//input[@name='into']")


def test_merge_into_itself(desk: Client, ticket: Ticket) -> None:
    assert send(desk, ticket, "merge", into=ticket.pk) == [
        "A request cannot be merged into itself."
    ]
