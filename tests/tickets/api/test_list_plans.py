"""No page of the ticket list scans or sorts the table."""

import pytest
from django.db import connection
from rest_framework.test import APIClient

from tests.benchmarks import filling
from tests.benchmarks.rows.lists import pages
from tests.plans import rows_read

TICKETS = 40_000
# A page is merged from up to five ranges of 51 rows each.
MOST_ROWS = 5 * 51


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_page_reads_about_as_many_rows_as_it_shows(api: APIClient) -> None:
    with connection.cursor() as cursor:
        filling.fill_operators(cursor)
        filling.fill_tickets(cursor, TICKETS)
        # As autovacuum does: without it PostgreSQL expects an index alone to cost as much as the
        # rows, and sometimes scans the primary key for a rare status.
        cursor.execute("VACUUM ANALYZE tickets_ticket")
    read, shown = {}, {}

    for page, path in pages(TICKETS).items():
        with rows_read() as counts:
            answer = api.get(path)
        read[page], shown[page] = max(counts), len(answer.json()["results"])

    assert len(read) == 128
    assert {page: count for page, count in read.items() if count > MOST_ROWS} == {}
    assert {count for page, count in shown.items() if page.endswith("first")} == {50}
