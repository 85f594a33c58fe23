"""`/metrics` in Prometheus' text format, counted in the database."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from mailing.models import InboundEmail
from mailing.monitoring import problems
from mailing.monitoring_models import Gap, Heartbeat
from mailing.outbound import pause
from operators.models import Operator
from tests.factories import TicketFactory
from tickets import services
from tickets.models import Ticket


def scraped(client: Client) -> dict[tuple[str, str], float]:
    """Return each value by its metric's name and its label."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name.removeprefix("servicedesk_"), next(iter(sample.labels.values()), "")): (
            sample.value
        )
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
        if sample.labels.get("code") is None or sample.value
    }


def received(**values: Any) -> InboundEmail:
    row = {"source": "gmail", "internal_date": timezone.now(), "raw": b"", "size": 0}
    return InboundEmail.objects.create(**{**row, **values})


def reply_to(ticket: Ticket, operator: Operator) -> None:
    services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Re")


def test_without_tickets_and_mail_every_value_is_zero(client: Client, db: None) -> None:
    assert scraped(client) == {
        ("inbox_oldest_seconds", ""): 0,
        ("outbox_oldest_seconds", ""): 0,
        ("outbox_paused", ""): 0,
        ("gaps", ""): 0,
    }


def test_tickets_and_mail_are_counted_by_their_states(client: Client, operator: Operator) -> None:
    TicketFactory.create_batch(3)
    TicketFactory.create_batch(2, taken=True)
    ticket = TicketFactory.create(closed=True)
    reply_to(TicketFactory.create(taken=True), operator)
    received(external_id="1")
    received(external_id="2")
    received(
        external_id="3", state="ignored", reason="ours", processed_at=timezone.now(), ticket=ticket
    )

    values = scraped(client)

    assert {key: value for key, value in values.items() if not key[0].endswith("_seconds")} == {
        ("tickets", "new"): 3,
        ("tickets", "in_progress"): 3,
        ("tickets", "closed"): 1,
        ("inbox", "received"): 2,
        ("inbox", "ignored"): 1,
        ("outbox", "queued"): 1,
        ("outbox_paused", ""): 0,
        ("gaps", ""): 0,
    }


def test_the_age_of_waiting_mail_is_measured(client: Client, operator: Operator) -> None:
    with time_machine.travel("2026-11-23T09:00:00Z", tick=False) as clock:
        received(external_id="1")
        clock.shift(timedelta(seconds=30))
        received(external_id="2")
        reply_to(TicketFactory.create(), operator)
        clock.shift(timedelta(seconds=60))
        values = scraped(client)

    assert values["inbox_oldest_seconds", ""] == 90
    assert values["outbox_oldest_seconds", ""] == 60


def test_a_paused_outbox_is_shown(client: Client, db: None) -> None:
    pause.begin("535 wrong password", about_us=True)

    assert scraped(client)["outbox_paused", ""] == 1


def test_problems_are_shown_by_their_codes(client: Client, db: None) -> None:
    Heartbeat.objects.create(name="script", at=timezone.now() - timedelta(minutes=30))
    Gap.objects.create(
        external_id="m1", missing_since=timezone.now(), last_missed_at=timezone.now()
    )

    values = scraped(client)

    assert {key: value for key, value in values.items() if key[0] == "problem"} == {
        ("problem", "script"): 1
    }
    assert round(values["pulse_age_seconds", "script"]) == 1800
    assert values["gaps", ""] == 1
    page = client.get("/metrics").content.decode()
    assert all(f'servicedesk_problem{{code="{code}"}}' in page for code in problems.CODES)


def test_without_a_database_only_the_problem_is_shown(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", fail)
        values = scraped(client)

    assert values == {("problem", "database"): 1}


def test_a_scrape_needs_few_queries(
    client: Client, db: None, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(17):
        client.get("/metrics")
