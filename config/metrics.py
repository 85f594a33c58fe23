"""Prometheus metrics, counted in the database at each scrape: they are true in every process."""

from collections.abc import Iterable

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mailing import pause
from mailing.models import InboundEmail, OutboundEmail
from tickets.models import Ticket

UNSENT = ["queued", "sending", "deferred"]


class DatabaseCollector(Collector):
    def collect(self) -> Iterable[Metric]:
        yield _by("servicedesk_tickets", "Tickets", Ticket, "status")
        yield _by("servicedesk_inbox", "Incoming mails", InboundEmail, "state")
        yield _by("servicedesk_outbox", "Outgoing mails", OutboundEmail, "state")
        yield GaugeMetricFamily(
            "servicedesk_inbox_oldest_seconds",
            "Age of the oldest mail that waits to be worked",
            _age(InboundEmail.objects.filter(state="received").aggregate(at=Min("received_at"))),
        )
        yield GaugeMetricFamily(
            "servicedesk_outbox_oldest_seconds",
            "Age of the oldest mail that waits to be sent",
            _age(OutboundEmail.objects.filter(state__in=UNSENT).aggregate(at=Min("created_at"))),
        )
        yield GaugeMetricFamily(
            "servicedesk_outbox_paused",
            "1 while the mail server takes nothing from us",
            1 if pause.current() else 0,
        )


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(DatabaseCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _by(name: str, text: str, model: type, field: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, f"{text} by {field}", labels=[field])
    rows = model._default_manager.values_list(field).annotate(Count("pk")).order_by(field)  # type: ignore[attr-defined]  # a model
    for value, count in rows:
        family.add_metric([value], count)
    return family


def _age(oldest: dict[str, object]) -> float:
    at = oldest["at"]
    return (timezone.now() - at).total_seconds() if at else 0.0  # type: ignore[operator]  # a time
