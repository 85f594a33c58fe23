"""No page of the ticket list scans or sorts the table."""

import pytest
from django.db import connection
from rest_framework.test import APIClient

from config.http.walking import LONGEST_WALK
from tests.benchmarks import filling
from tests.benchmarks.rows.lists import filtered_pages, pages
from tests.plans import rows_read
from tickets.api.counts import MOST

TICKETS = 40_000
# A page is merged from up to six ranges of 51 rows each.
MOST_ROWS = 6 * 51
# One of up to 5,000 rows is merged from up to six ranges, of which few are that long.
MOST_WALKED = 2 * LONGEST_WALK
# Filters that leave many rows everywhere in the list, or few rows.
FILTERS = [
    "queue=open", "queue=new", "queue=waiting", "queue=snoozed", "queue=needs_attention",
    "operator=103", "operator=103&priority=urgent&status=in_progress", "waiting_on=requester",
    "tag=printer", "tag=rare", "tag=rare&tag=printer&priority=normal",
    "priority=low", "priority=urgent", "snoozed=false", "needs_attention=false",
    f"requester={filling.BUSY_REQUESTER}", "requester=c81e728d9d4c2f636f067f89cc14862c@example.com",
    f"participant={filling.BUSY_PARTICIPANT}", "created_after=2020-01-28T00:00:00Z",
    "updated_before=2020-01-02T00:00:00Z",
]  # fmt: skip


def fill() -> None:
    with connection.cursor() as cursor:
        filling.fill_operators(cursor)
        filling.fill_tickets(cursor, TICKETS)
        # As autovacuum does: without it PostgreSQL expects an index alone to cost as much as the
        # rows, and sometimes scans the primary key for a rare status.
        cursor.execute("VACUUM ANALYZE tickets_ticket, tickets_participant")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_every_page_reads_about_as_many_rows_as_it_shows(api: APIClient) -> None:
    fill()
    read, shown = {}, {}

    for page, path in pages(TICKETS).items():
        with rows_read() as counts:
            answer = api.get(path)
        read[page], shown[page] = max(counts), len(answer.json()["results"])

    assert len(read) == 160
    assert {page: count for page, count in read.items() if count > MOST_ROWS} == {}
    assert {count for page, count in shown.items() if page.endswith("first")} == {50}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_a_filtered_page_walks_a_bounded_part_of_the_list_or_sorts_few_rows(api: APIClient) -> None:
    fill()
    read = {}

    for page, path in filtered_pages(TICKETS, FILTERS).items():
        with rows_read() as counts:
            answer = api.get(path)
        assert answer.status_code == 200
        read[page] = max(counts)
    for only in ["", *FILTERS]:
        with rows_read() as counts:
            assert api.get(f"/requests/user_requests/counts/?{only}").status_code == 200
        read[f"counts {only}"] = max(counts)

    assert {page: count for page, count in read.items() if count > MOST_WALKED} == {}
    assert read["counts "] < 3 * MOST  # where 4,000 are open


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_filter_by_the_field_of_the_ordering_is_a_part_of_its_index(api: APIClient) -> None:
    fill()
    read = {}

    for query in (
        "ordering=-date_create&created_before=2020-01-10T00:00:00Z",
        "ordering=date_create&created_after=2020-01-10T00:00:00Z",
        "ordering=-date_update&updated_before=2020-01-20T00:00:00Z&status=closed",
        "ordering=-priority&priority=normal",
        "ordering=-operator&operator=103",
        f"ordering=user_email&requester={filling.BUSY_REQUESTER}",
    ):
        with rows_read() as counts:
            assert len(api.get(f"/requests/user_requests/?{query}").json()["results"]) == 50
        read[query] = max(counts)

    # Twice: of one operator PostgreSQL may as well read the closed ones between all others.
    assert {query: count for query, count in read.items() if count > 2 * MOST_ROWS} == {}
