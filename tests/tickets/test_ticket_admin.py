"""Tickets and requesters in the Django admin."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from operators.models import Operator
from tests import requester_mail
from tests.factories import (
    HistoryEntryFactory,
    MessageFactory,
    OperatorFactory,
    ParticipantFactory,
    RequesterFactory,
    TicketFactory,
)
from tickets import properties, replies, services
from tickets.admin import MAX_ROWS, MAX_TEXT_CHARACTERS
from tickets.models import Attachment, Blob, Message, Ticket

pytestmark = pytest.mark.django_db

LIST = "/admin/tickets/ticket/"


@pytest.fixture
def admin(supervisor: Operator) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(supervisor)
    return client


@pytest.fixture
def ticket() -> Ticket:
    """A ticket with both sides' messages, of which the answer has come back."""
    requester = RequesterFactory.create(email="ivan@example.com", name="Иван <Петров>")
    message = requester_mail.open_ticket(
        requester=requester,
        title="Не печатает <принтер>",
        text="Здравствуйте!\n  <script>alert(1)</script>",
        html="<p>PLANTED HTML</p>",
        written_at=timezone.now(),
    )
    operator = OperatorFactory.create(name="Мария")
    services.take_ticket(ticket_id=message.ticket_id, by=operator)
    answer = services.reply(
        ticket_id=message.ticket_id, by=operator, title="Re", text="Бумага есть?"
    )
    delivery = {"state": "bounced", "reason": "bounced: 5.1.1 no such user"}
    replies.record_delivery(message_id=answer.pk, recipient="", delivery=delivery)
    properties.set_needs_attention(ticket_id=message.ticket_id)
    return Ticket.objects.get()


def shown(admin: Client, ticket: Ticket) -> str:
    answer = admin.get(f"{LIST}{ticket.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def rows_found(admin: Client, **query: str) -> list[int]:
    answer = admin.get(LIST, query)
    assert answer.status_code == 200
    return [row.pk for row in answer.context["cl"].result_list]


def test_the_list_shows_who_wrote_about_what_and_how_long_ago(
    admin: Client, ticket: Ticket
) -> None:
    Ticket.objects.update(updated_at=timezone.now() - timedelta(days=3))

    listed = admin.get(LIST).content.decode()

    for cell in (
        "Не печатает &lt;принтер&gt;",
        "ivan@example.com",
        "in progress",
        "Мария (",
        '<td class="field-message_count">2</td>',
        "3\xa0days</time>",
        '<td class="field-attention">yes</td>',
    ):
        assert cell in listed


@pytest.mark.parametrize("query", ["ПРИНТЕР", "ivan@", "Петров", "in progress", "in_progress"])
def test_tickets_are_searched_by_subject_requester_and_state(
    admin: Client, ticket: Ticket, query: str
) -> None:
    TicketFactory.create(title="Нет доступа", requester__name="Анна")

    assert rows_found(admin, q=query) == [ticket.pk]


def test_tickets_are_searched_by_number_and_filtered_by_operator(
    admin: Client, ticket: Ticket
) -> None:
    other = TicketFactory.create()

    assert rows_found(admin, q=str(other.pk)) == [other.pk]
    assert rows_found(admin, operator__id__exact=str(ticket.operator_id)) == [ticket.pk]
    assert rows_found(admin, operator__isnull="True") == [other.pk]


def test_tickets_are_sorted_by_their_last_change(admin: Client) -> None:
    now = timezone.now()
    old, new = (
        TicketFactory.create(created_at=now - timedelta(hours=hours)).pk for hours in (2, 1)
    )

    age = admin.get(LIST).context["cl"].list_display.index("age")

    assert rows_found(admin) == [new, old]
    assert rows_found(admin, o=str(age)) == [old, new]


def test_a_tickets_page_shows_its_messages_as_plain_text(admin: Client, ticket: Ticket) -> None:
    blob = Blob.objects.create(
        sha256="ab" * 32, size=3, type="text/plain", wanted_at=timezone.now()
    )
    Attachment.objects.create(
        ticket=ticket,
        message=ticket.messages.get(number=1),
        blob=blob,
        name="photo<1>.jpg",
        created_at=timezone.now(),
    )

    page = shown(admin, ticket)

    for text in (
        "Здравствуйте!\n  &lt;script&gt;alert(1)&lt;/script&gt;",
        "Бумага есть?",
        f'id="message-1"><h3>#{ticket.pk}/1 · Иван &lt;Петров&gt;',
        f"<h3>#{ticket.pk}/2 · Мария",
        "files: photo&lt;1&gt;.jpg",
        "delivery: bounced",
        "reason: bounced: 5.1.1 no such user",
        "Иван &lt;Петров&gt; &lt;ivan@example.com&gt;",
    ):
        assert text in page
    assert "PLANTED HTML" not in page
    assert blob.sha256 not in page
    assert all(str(message) in page for message in Message.objects.all())


def test_a_tickets_page_shows_its_steps(admin: Client, ticket: Ticket) -> None:
    page = shown(admin, ticket)

    assert "<td>opened</td><td>requester</td><td>—</td><td>new</td>" in page
    taken = f"<td>taken</td><td>{ticket.operator}</td><td>new</td><td>in progress</td>"
    assert taken in page
    assert "<td>operator replied</td>" in page


def test_a_tickets_page_shows_whose_turn_it_is_and_how_urgent_it_is(admin: Client) -> None:
    ticket = TicketFactory.create(
        priority=4,
        tags=["vpn", "<b>"],
        waiting_on="operator",
        waiting_since=datetime(2026, 11, 23, 9, tzinfo=UTC),
        snoozed_until=datetime(2099, 1, 15, 6, tzinfo=UTC),
    )
    listed = admin.get(LIST).content.decode()

    page = shown(admin, ticket)

    assert '<td class="field-priority">urgent</td>' in listed
    for field, value in (
        ("Priority", "urgent"),
        ("Tags", "vpn, &lt;b&gt;"),
        ("Waiting for", "operator"),
        ("Waiting since", "Nov. 23, 2026, 9 a.m."),
        ("Snoozed until", "Jan. 15, 2099, 6 a.m."),
    ):
        assert value_of(page, field) == value


def value_of(page: str, label: str) -> str:
    """Return the value beside this label of a page."""
    found = re.search(rf"<label>{label}:</label>\s*<div class=\"readonly\">(.*?)</div>", page)
    assert found, label
    return found[1]


def test_a_tickets_page_links_who_is_in_copy_and_what_is_merged(admin: Client) -> None:
    ticket = TicketFactory.create()
    merged = TicketFactory.create(closed=True, merged_into=ticket)
    there = ParticipantFactory.create(ticket=ticket, email="petr@example.com", name="<Petr>")
    ParticipantFactory.create(ticket=ticket, email="olga@example.com", is_removed=True)

    page = shown(admin, ticket)

    person = f'<a href="/admin/tickets/participant/{there.pk}/change/">petr@example.com</a>'
    assert f"<td>{person}</td><td>&lt;Petr&gt;</td>" in page
    assert "olga@example.com" not in page
    assert value_of(page, "Merged from") == f'<a href="{LIST}{merged.pk}/change/">#{merged.pk}</a>'
    into = f'<a href="{LIST}{ticket.pk}/change/">#{ticket.pk}</a>'
    assert value_of(shown(admin, merged), "Merged into") == into


def test_the_steps_name_the_system_and_the_participants(admin: Client) -> None:
    ticket = TicketFactory.create()
    HistoryEntryFactory.create(ticket=ticket, event="woken", is_system=True)
    HistoryEntryFactory.create(ticket=ticket, actor_email="petr@example.com")

    page = shown(admin, ticket)

    assert "<td>woken</td><td>system</td>" in page
    assert "<td>requester wrote</td><td>petr@example.com</td>" in page


def test_a_long_ticket_shows_its_latest_messages_and_says_so(admin: Client) -> None:
    ticket = TicketFactory.create()
    for number in range(1, MAX_ROWS + 3):
        text = "x" * (MAX_TEXT_CHARACTERS + 5) if number == 5 else f"text {number}."
        HistoryEntryFactory.create(
            ticket=ticket, message=MessageFactory.create(ticket=ticket, text=text)
        )

    page = shown(admin, ticket)

    assert f"Shown are the latest {MAX_ROWS} of {MAX_ROWS + 2}" in page
    assert "text 2." not in page
    assert page.index("text 3.") < page.index(f"text {MAX_ROWS + 2}.")
    assert "x" * MAX_TEXT_CHARACTERS + "…" in page
    assert page.count("<td>requester wrote</td>") == MAX_ROWS


def test_a_tickets_page_costs_as_many_queries_however_long(
    admin: Client, ticket: Ticket, django_assert_max_num_queries: object
) -> None:
    for _ in range(20):
        requester_mail.add_message(ticket=ticket, title="x", text="x", written_at=timezone.now())

    with django_assert_max_num_queries(11):  # type: ignore[operator]  # a context manager
        shown(admin, ticket)


def test_a_requester_is_listed_with_their_tickets(admin: Client, ticket: Ticket) -> None:
    RequesterFactory.create(email="anna@example.net")

    listed = admin.get("/admin/tickets/requester/?q=ivan@").content.decode()
    page = admin.get(f"/admin/tickets/requester/{ticket.requester_id}/change/").content.decode()

    assert "ivan@example.com" in listed
    assert "anna@example.net" not in listed
    assert '<td class="field-ticket_count">1</td>' in listed
    assert f'<a href="{LIST}{ticket.pk}/change/">#{ticket.pk}</a>' in page
    assert "Не печатает &lt;принтер&gt;" in page
