"""`GET /requests/user_requests/`: filters, fields, bad values and the queries of a page."""

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import RequesterFactory, TicketFactory
from tests.responses import error_of, fetch_pages
from tickets.models import Status, Ticket

URL = "/requests/user_requests/"


def ids(page: dict[str, list[dict[str, int]]]) -> list[int]:
    return [row["request_id"] for row in page["results"]]


def test_a_ticket_has_the_fields_of_the_original_api_and_more(
    api: APIClient, operator: Operator
) -> None:
    closed = TicketFactory.create(status=Status.CLOSED, operator=operator)
    ticket = TicketFactory.create(
        requester=closed.requester, title="Re: принтер", description="Опять.", previous=closed
    )

    answer = api.get(f"{URL}?status=new")

    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {
            "request_id": ticket.pk,
            "title": "Re: принтер",
            "description": "Опять.",
            "status": "new",
            "date_create": ticket.created_at.isoformat().replace("+00:00", "Z"),
            "date_update": ticket.updated_at.isoformat().replace("+00:00", "Z"),
            "user_email": ticket.requester.email,
            "user_name": "Иван Петров",
            "operator": None,
            "previous": closed.pk,
            "message_count": 0,
            "needs_attention": False,
            "requester": ticket.requester_id,
            "priority": "normal",
            "tags": [],
            "waiting_on": "operator",
            "waiting_since": ticket.created_at.isoformat().replace("+00:00", "Z"),
            "snoozed_until": None,
            "participants": [],
            "version": 1,
            "merged_into": None,
            "merged_from": [],
            "unread": False,
        }
    ]
    assert api.get(f"{URL}?status=closed").json()["results"][0]["operator"] == operator.pk


def test_without_tickets_the_list_is_empty(api: APIClient) -> None:
    answer = api.get(URL)

    assert answer.status_code == 200
    assert answer.json() == {"next": None, "previous": None, "results": []}


def test_the_list_is_filtered_by_status(api: APIClient) -> None:
    new = TicketFactory.create_batch(2)
    taken = TicketFactory.create_batch(3, taken=True)
    closed = TicketFactory.create_batch(4, closed=True)

    shown = {status: ids(api.get(f"{URL}?status={status}").json()) for status in Status.values}

    assert shown == {
        "new": [ticket.pk for ticket in new],
        "in_progress": [ticket.pk for ticket in taken],
        "closed": [ticket.pk for ticket in closed],
    }


@pytest.mark.parametrize(
    "query",
    ["", "?status=&ordering=", "?status=", "?ordering=&page_size=&cursor=", "?needs_attention=",
     "?something=else"],
)  # fmt: skip
def test_an_empty_or_unknown_parameter_is_ignored(api: APIClient, query: str) -> None:
    tickets = [*TicketFactory.create_batch(2, closed=True), *TicketFactory.create_batch(2)]

    answer = api.get(URL + query)

    assert answer.status_code == 200
    assert ids(answer.json()) == [ticket.pk for ticket in tickets]


def test_the_filter_applies_to_every_page_of_an_ordering(api: APIClient) -> None:
    for _ in range(5):
        TicketFactory.create()
        TicketFactory.create(closed=True)
    closed = list(Ticket.objects.filter(status="closed").order_by("-pk"))

    pages = fetch_pages(api, f"{URL}?status=closed&ordering=-request_id&page_size=2")

    assert [row for page in pages for row in ids(page)] == [ticket.pk for ticket in closed]
    assert {row["status"] for page in pages for row in page["results"]} == {"closed"}


@pytest.mark.parametrize(
    "status", ["open", "NEW", "new,closed", "0", "null", "%00", "%ed%a0%80", "%ff", "x" * 5000]
)
def test_an_unknown_status_is_400_and_the_error_names_the_known(
    api: APIClient, status: str
) -> None:
    answer = api.get(f"{URL}?status={status}", HTTP_ACCEPT_LANGUAGE="en")

    error = error_of(answer, 400, "invalid")
    assert list(error["fields"]) == ["status"]
    assert error["fields"]["status"] == ["Must be one of new, in_progress, closed."]


@pytest.mark.parametrize("value", ["perhaps", "2", "%00"])
def test_a_bad_needs_attention_is_400(api: APIClient, value: str) -> None:
    answer = api.get(f"{URL}?needs_attention={value}")

    assert list(error_of(answer, 400, "invalid")["fields"]) == ["needs_attention"]


def test_the_list_is_filtered_by_needs_attention(api: APIClient) -> None:
    other, needing = TicketFactory.create(), TicketFactory.create(needs_attention=True)

    assert ids(api.get(f"{URL}?needs_attention=true").json()) == [needing.pk]
    assert ids(api.get(f"{URL}?needs_attention=false").json()) == [other.pk]


@pytest.mark.parametrize(
    "ordering",
    ["id", "pk", "password", "-", "--title", "title,status", "-title,-status", "TITLE", "%3F",
     "requester__email", "operator__password", "%00", "x" * 5000],
)  # fmt: skip
def test_an_unknown_ordering_is_400_and_the_error_names_the_known(
    api: APIClient, ordering: str
) -> None:
    answer = api.get(f"{URL}?ordering={ordering}", HTTP_ACCEPT_LANGUAGE="en")

    error = error_of(answer, 400, "invalid")
    assert list(error["fields"]) == ["ordering"]
    assert error["fields"]["ordering"] == [
        "Must be one of request_id, title, description, status, date_create, date_update, "
        "user_email, operator, priority, waiting_since, with - for descending."
    ]


@pytest.mark.parametrize(
    "size", ["0", "-1", "abc", "1.5", "1e1", "%D9%A3", "+1", "%20", "%00", "9" * 5000, "0x10"]
)
def test_a_bad_page_size_is_400(api: APIClient, size: str) -> None:
    answer = api.get(f"{URL}?page_size={size}", HTTP_ACCEPT_LANGUAGE="en")

    error = error_of(answer, 400, "invalid")
    assert error["fields"] == {"page_size": ["Must be a whole number from 1 to 200."]}


def test_a_page_has_50_rows_and_at_most_200(api: APIClient) -> None:
    requesters = RequesterFactory.create_batch(201)
    Ticket.objects.bulk_create(TicketFactory.build(requester=requester) for requester in requesters)

    assert len(api.get(URL).json()["results"]) == 50
    assert len(api.get(f"{URL}?page_size=200").json()["results"]) == 200
    assert len(api.get(f"{URL}?page_size=1000").json()["results"]) == 200
    assert len(api.get(f"{URL}?page_size=1").json()["results"]) == 1


def test_a_page_takes_seven_queries_however_long(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    TicketFactory.create_batch(20, taken=True)

    # The token, its operator's other tokens, the numbers of the tickets, the tickets, their
    # participants, merges, and which are unread.
    with django_assert_num_queries(7):
        answer = api.get(f"{URL}?ordering=-user_email")

    assert len(answer.json()["results"]) == 20


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_than_get_and_post_are_405(api: APIClient, method: str) -> None:
    answer = api.generic(method, URL, "{}", content_type="application/json")

    error_of(answer, 405, "method_not_allowed")
    assert not Ticket.objects.exists()
