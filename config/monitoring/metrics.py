"""Prometheus metrics, read from the database at each scrape, so that every process agrees."""

from collections.abc import Iterable, Sequence

import structlog
from django.db import Error
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.monitoring import checks, counts
from mailing.models import InboundEmail, OutboundEmail
from mailing.monitoring import heartbeats, problems, reconciliation
from mailing.outbound import pause
from tickets.models import Status, Ticket

log = structlog.get_logger(__name__)


class DatabaseCollector(Collector):
    """Counts rows and measures how long mail waits; raises `django.db.Error` without a database."""

    def collect(self) -> Iterable[Metric]:
        yield _count_by("servicedesk_tickets", "Tickets", Ticket, "status", Status.values)
        yield _count_by(
            "servicedesk_inbox", "Incoming mails", InboundEmail, "state", InboundEmail.State.values
        )
        yield _count_by(
            "servicedesk_outbox",
            "Outgoing mails",
            OutboundEmail,
            "state",
            OutboundEmail.State.values,
        )
        yield GaugeMetricFamily(
            "servicedesk_inbox_oldest_seconds",
            "How long the oldest mail has waited to be worked",
            problems.inbox_age().total_seconds(),
        )
        yield GaugeMetricFamily(
            "servicedesk_outbox_oldest_seconds",
            "How long the oldest mail has waited to be sent",
            problems.outbox_age().total_seconds(),
        )
        yield GaugeMetricFamily(
            "servicedesk_outbox_paused",
            "1 while the mail server takes nothing from us",
            1 if pause.current() else 0,
        )
        yield GaugeMetricFamily(
            "servicedesk_gaps",
            "Mails of the mailbox that were not received",
            reconciliation.open_gaps().count(),
        )
        heartbeat_ages = GaugeMetricFamily(
            "servicedesk_pulse_age_seconds", "Since a part was last seen", labels=["part"]
        )
        for name, age in heartbeats.ages().items():
            heartbeat_ages.add_metric([name], age.total_seconds())
        yield heartbeat_ages


class ProblemCollector(Collector):
    """Shows the problems of /readyz, also without a database."""

    def collect(self) -> Iterable[Metric]:
        present = {problem.code for problem in checks.find_problems()}
        family = GaugeMetricFamily(
            "servicedesk_problem", "1 while mail may not flow for this reason", labels=["code"]
        )
        for code in problems.CODES:
            family.add_metric([code], 1 if code in present else 0)
        yield family


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus' text format; without a database only with the problems."""
    pages = []
    for collector in (ProblemCollector(), DatabaseCollector()):
        registry = CollectorRegistry()
        try:
            registry.register(collector)
            pages.append(generate_latest(registry))
        except Error as error:
            log.warning("metrics_without_database", error=type(error).__name__)
    return HttpResponse(b"".join(pages), content_type=CONTENT_TYPE_LATEST)


def _count_by(
    name: str, text: str, model: type[Model], field: str, values: Sequence[str]
) -> GaugeMetricFamily:
    text = f"{text} by {field}; beyond {counts.EXACT_UP_TO} an estimate"
    family = GaugeMetricFamily(name, text, labels=[field])
    for value, count in counts.count_by(model, field, values).items():
        family.add_metric([value], count)
    return family
