"""`/readyz` and `/metrics` read few rows, however many there are."""

import pytest
from django.db import connection
from django.test import Client

from config.monitoring import counts
from mailing.models import InboundEmail, OutboundEmail
from tests.benchmarks import filling, filling_outbox
from tests.plans import rows_read
from tickets.models import Status, Ticket

ROWS = 20_000


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_readyz_and_metrics_read_few_rows(client: Client) -> None:
    with connection.cursor() as cursor:
        filling.fill_operators(cursor)
        filling.fill_tickets(cursor, ROWS)
        filling.fill_inbox(cursor, ROWS)
        filling.fill_waiting(cursor, ROWS)
        filling_outbox.fill_outbox(cursor, ROWS)
        cursor.execute("VACUUM ANALYZE")  # as autovacuum does

    with rows_read() as readyz:
        client.get("/readyz")
    with rows_read() as metrics:
        page = client.get("/metrics").content.decode()

    assert max(readyz) < 1_000  # PostgreSQL's list of tables, and the latest suppressed mails
    assert max(metrics) == counts.EXACT_UP_TO + 1
    assert 'servicedesk_inbox{state="quarantined"} 1000.0' in page


@pytest.mark.slow
def test_beyond_a_limit_rows_are_counted_by_the_planners_estimate(db: None) -> None:
    with connection.cursor() as cursor:
        filling.fill_operators(cursor)
        filling.fill_tickets(cursor, ROWS)
        filling.fill_inbox(cursor, ROWS)

    tickets = counts.count_by(Ticket, "status", Status.values)
    mails = counts.count_by(InboundEmail, "state", InboundEmail.State.values)

    closed = Ticket.objects.filter(status="closed").count()
    assert tickets["closed"] == pytest.approx(closed, rel=0.02)
    assert tickets["new"] == Ticket.objects.filter(status="new").count()
    assert mails == {
        "processed": pytest.approx(17_000, rel=0.02),
        "ignored": pytest.approx(2_000, rel=0.05),
        "quarantined": 1_000,
    }
    assert counts.count_by(OutboundEmail, "state", OutboundEmail.State.values) == {}
