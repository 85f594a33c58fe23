"""Requesters through the API: search, name and note, their tickets."""

import pytest
from django.db import connection
from rest_framework.test import APIClient

from tests.factories import RequesterFactory, TicketFactory
from tests.plans import rows_read
from tickets.models import Requester

pytestmark = pytest.mark.django_db

URL = "/requests/requesters/"


def ids(client: APIClient, query: str) -> list[int]:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_a_requester_is_found_by_part_of_the_address_or_name(api: APIClient) -> None:
    ivan = RequesterFactory.create(email="ivan.petrov@example.com", name="Иван Сёмин").pk
    anna = RequesterFactory.create(email="anna@shop.test", name="Анна").pk

    assert ids(api, "") == ids(api, "search=") == [ivan, anna]
    for text in ("ivan", "petrov@exa", "van.pet", "иван", "СЕМИН", "иван example", "-anna"):
        assert ids(api, f"search={text}") == [ivan], text
    assert ids(api, "search=иван+shop") == []
    assert ids(api, "search=%25") == ids(api, "")
    assert ids(api, "search=iv_n") == []


def test_pages_of_a_search(api: APIClient) -> None:
    rows = RequesterFactory.create_batch(5, name="Пётр")
    RequesterFactory.create(name="Анна")

    first = api.get(URL, {"search": "петр", "page_size": "3", "ordering": "-id"}).json()
    second = api.get(first["next"]).json()

    found = [row["id"] for page in (first, second) for row in page["results"]]
    assert found == sorted((row.pk for row in rows), reverse=True)
    assert second["next"] is None


def test_one_requester(api: APIClient) -> None:
    requester = RequesterFactory.create(email="ivan@example.com", name="Иван", note="Звонить.")

    answer = api.get(f"{URL}{requester.pk}/")

    assert answer.status_code == 200
    assert answer.json() == {
        "id": requester.pk,
        "email": "ivan@example.com",
        "name": "Иван",
        "note": "Звонить.",
        "date_create": answer.json()["date_create"],
    }
    assert api.get(f"{URL}987654/").status_code == 404


def test_name_and_note_change_and_no_ticket_does(api: APIClient) -> None:
    ticket = TicketFactory.create(requester__email="ivan@example.com")
    url = f"{URL}{ticket.requester_id}/"

    answer = api.patch(url, {"note": "Звонить.", "email": "other@example.com"}, format="json")
    assert (answer.status_code, answer.json()["note"]) == (200, "Звонить.")
    answer = api.patch(url, {"name": "Пётр"}, format="json")
    assert (answer.status_code, answer.json()["name"]) == (200, "Пётр")

    row = Requester.objects.get()
    assert (row.email, row.name, row.note) == ("ivan@example.com", "Пётр", "Звонить.")
    assert ids(api, "search=петр") == [row.pk]
    before = ticket.updated_at
    ticket.refresh_from_db()
    assert (ticket.version, ticket.updated_at) == (1, before)
    assert ticket.history.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": "я" * 256}, "name"), ({"name": None}, "name"), ({"note": {"a": 1}}, "note")],
)
def test_a_wrong_name_or_note_is_refused(
    api: APIClient, body: dict[str, object], field: str
) -> None:
    requester = RequesterFactory.create()

    answer = api.patch(f"{URL}{requester.pk}/", body, format="json")

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    assert api.patch(f"{URL}987654/", body, format="json").status_code == 404


def test_the_tickets_of_a_requester(api: APIClient) -> None:
    requester = RequesterFactory.create()
    old = TicketFactory.create(requester=requester, closed=True)
    new = TicketFactory.create(requester=requester)
    TicketFactory.create()

    page = api.get(f"{URL}{requester.pk}/tickets/?ordering=-request_id&page_size=1").json()
    rest = api.get(page["next"]).json()

    assert [row["request_id"] for row in page["results"]] == [new.pk]
    assert [row["request_id"] for row in rest["results"]] == [old.pk]
    assert rest["results"][0]["user_email"] == requester.email
    assert api.get(f"{URL}987654/tickets/").status_code == 404


@pytest.mark.slow
def test_a_search_for_a_requester_reads_few_rows(api: APIClient) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_requester (email, canonical_email, name, created_at)"
            " SELECT address, address, 'Requester ' || n, now() FROM ("
            "  SELECT n, md5(n::text) || '@example.com' AS address FROM generate_series(1, 20000) n"
            " ) AS numbered"
        )
        cursor.execute("ANALYZE tickets_requester")
    RequesterFactory.create(name="Неповторимый")

    for text in ("неповторимый", "Requester"):
        with rows_read() as counts:
            assert ids(api, f"search={text}&page_size=50")
        assert max(counts) < 1_000, text
