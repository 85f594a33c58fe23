"""`GET /mgs/requests/{request_id}/mgs/`: a ticket's messages in order."""

from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import MessageFactory, TicketFactory
from tests.responses import error_of, fetch_pages
from tickets import services
from tickets.models import Message


def test_the_messages_are_shown_in_order_with_their_senders(
    api: APIClient, operator: Operator
) -> None:
    first = MessageFactory.create(sender_name="Иван Петров", origin={"matched_by": "sender"})
    ticket = first.ticket
    reply = services.reply(ticket_id=ticket.pk, by=operator, title="Re: принтер", text="Готово.")
    MessageFactory.create()  # of another ticket

    answer = api.get(f"/mgs/requests/{ticket.pk}/mgs/")

    assert answer.status_code == 200
    page = answer.json()
    assert (page["next"], page["previous"]) == (None, None)
    theirs, ours = page["results"]
    assert theirs == {
        "id": first.pk,
        "request": ticket.pk,
        "sort": 1,
        "sender_type": "user",
        "sender_id": ticket.requester.email,
        "sender_name": "Иван Петров",
        "title": "Не печатает принтер",
        "text": "С утра не печатает.",
        "segments": [],
        "html": None,
        "files": [],
        "date_create": first.created_at.isoformat().replace("+00:00", "Z"),
        "written_at": first.written_at.isoformat().replace("+00:00", "Z"),
        "delivery": None,
        "deliveries": [],
        "origin": {"matched_by": "sender"},
    }
    assert (ours["id"], ours["sort"], ours["text"]) == (reply.pk, 2, "Готово.")
    assert (ours["sender_type"], ours["sender_id"]) == ("operator", operator.pk)
    assert ours["sender_name"] == operator.name
    assert (ours["delivery"]["state"], ours["origin"]) == ("queued", None)


def test_a_ticket_without_messages_has_an_empty_list(api: APIClient) -> None:
    ticket = TicketFactory.create()

    answer = api.get(f"/mgs/requests/{ticket.pk}/mgs/")

    assert answer.json() == {"next": None, "previous": None, "results": []}


def test_the_pages_of_messages_are_followed_both_ways(api: APIClient) -> None:
    ticket = TicketFactory.create()
    MessageFactory.create_batch(7, ticket=ticket)
    url = f"/mgs/requests/{ticket.pk}/mgs/?page_size=3"

    up = fetch_pages(api, url)
    down = fetch_pages(api, f"{url}&ordering=-sort")
    back = fetch_pages(api, up[-1]["previous"], link="previous")

    assert [[row["sort"] for row in page["results"]] for page in up] == [[1, 2, 3], [4, 5, 6], [7]]
    assert [row["sort"] for page in down for row in page["results"]] == [7, 6, 5, 4, 3, 2, 1]
    assert [[row["sort"] for row in page["results"]] for page in back] == [[4, 5, 6], [1, 2, 3]]


def test_a_page_takes_five_queries_however_long(
    api: APIClient, operator: Operator, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = TicketFactory.create()
    MessageFactory.create_batch(5, ticket=ticket)
    for _ in range(5):
        services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Re")

    # The token, its operator's other tokens, the ticket, the messages, their files.
    with django_assert_num_queries(5):
        answer = api.get(f"/mgs/requests/{ticket.pk}/mgs/")

    assert len(answer.json()["results"]) == 10


def test_the_list_does_not_take_messages(api: APIClient) -> None:
    ticket = TicketFactory.create()

    answer = api.post(f"/mgs/requests/{ticket.pk}/mgs/", {}, format="json")

    error_of(answer, 405, "method_not_allowed")
    assert not Message.objects.exists()
