"""No admin page, error or str() of a row holds what somebody wrote, or a secret."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import InboundEmail, OutboundEmail
from mailing.monitoring_models import Outage
from mailing.outbound import pause, suppression
from operators import services as operator_services
from operators.models import Operator
from tests.conftest import client_of
from tests.factories import InboundEmailFactory, RequesterFactory
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

ADDRESS, OWN_ADDRESS = "planted.requester@example.com", "planted.operator@example.com"
TITLE, TEXT, ANSWER, NAME = "PLANTED-TITLE", "PLANTED-TEXT", "PLANTED-ANSWER", "PLANTED-NAME"
WORDS = f"5.7.8 PLANTED-SECRET is refused for <{ADDRESS}>"
PLANTED = ("PLANTED", ADDRESS, OWN_ADDRESS, "planted.")


@pytest.fixture
def ticket(supervisor: Operator) -> Ticket:
    """A ticket, and failed mail about it whose errors repeat addresses and secrets."""
    Operator.objects.filter(pk=supervisor.pk).update(email=OWN_ADDRESS)
    operator_services.issue_token(operator=supervisor)
    requester = RequesterFactory.create(email=ADDRESS, name=NAME)
    message = services.open_ticket(
        requester=requester, title=TITLE, text=TEXT, written_at=timezone.now()
    )
    services.take_ticket(ticket_id=message.ticket_id, by=supervisor)
    services.reply(ticket_id=message.ticket_id, by=supervisor, title=TITLE, text=ANSWER)
    OutboundEmail.objects.update(state="failed", reason=WORDS, smtp_reply=WORDS, smtp_code=550)
    InboundEmailFactory.create(
        requester_address=ADDRESS,
        state="quarantined",
        reason=f"no place for {ADDRESS}",
        processed_at=timezone.now(),
    )
    pause.begin(f"cannot sign in: {WORDS}", patient=True)
    suppression.mute(ADDRESS, WORDS)
    Outage.objects.create(code="outbox_paused", reason=WORDS, began_at=timezone.now())
    return message.ticket


def leaked(text: str) -> list[str]:
    return [planted for planted in PLANTED if planted in text]


def test_no_page_of_the_admin_holds_what_was_planted(
    client: Client, supervisor: Operator, ticket: Ticket
) -> None:
    client.force_login(supervisor)
    leaks: dict[str, list[str]] = {}
    pages = 0

    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths = [reverse(f"{name}_changelist")]
        for row in model._default_manager.all():
            paths += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, path
            pages += 1
            if planted := leaked(answer.content.decode() + path):
                leaks[path] = planted

    assert leaks == {}
    assert pages > 30


def test_unmuting_a_mailbox_does_not_show_its_address(
    client: Client, supervisor: Operator, ticket: Ticket
) -> None:
    client.force_login(supervisor)
    path = reverse("admin:mailing_mutedmailbox_changelist")

    page = client.post(path, {"action": "delete_selected", "_selected_action": ["1"]}, follow=True)

    assert leaked(page.content.decode()) == []


def test_no_str_or_repr_of_a_row_holds_what_was_planted(ticket: Ticket) -> None:
    for label in ("operators", "tickets", "mailing"):
        for model in apps.get_app_config(label).get_models():
            for row in model._default_manager.all():
                assert leaked(f"{row} {row!r}") == []


def test_mail_is_found_by_its_exact_address(
    client: Client, supervisor: Operator, ticket: Ticket
) -> None:
    client.force_login(supervisor)
    pk = InboundEmail.objects.get().pk

    exact = client.get(f"/admin/mailing/inboundemail/?q={ADDRESS}").content.decode()
    part = client.get("/admin/mailing/inboundemail/?q=planted").content.decode()

    assert f"/admin/mailing/inboundemail/{pk}/change/" in exact
    assert f"/admin/mailing/inboundemail/{pk}/change/" not in part


def errors(api: APIClient, ticket: Ticket, operator: Operator) -> list[Any]:
    """Return the responses to calls with planted values, wrong in every way that we know."""
    reply = {"title": TITLE, "description": TEXT, "recipient_mail": "planted.x@example.com"}
    odd = "PLANTED-VALUE planted.x@example.com"
    url = f"/mgs/requests/{ticket.pk}/mgs/create"
    return [
        api.get("/requests/user_requests/", {"status": odd}),
        api.get("/requests/user_requests/", {"ordering": odd}),
        api.get("/requests/user_requests/", {"needs_attention": odd}),
        api.get("/requests/user_requests/", {"cursor": odd}),
        api.get("/requests/user_requests/", {"page_size": odd}),
        api.get("/mail/inbox/", {"state": odd}),
        api.get("/mail/outbox/", {"state": odd}),
        api.get(f"/nothing/{odd}/"),
        api.get(f"/requests/user_requests/{odd}/"),
        api.post(url, {**reply, "operator_id": operator.pk}, format="json"),
        api.post(url, {**reply, "operator_id": odd, "files": [odd]}, format="json"),
        api.post(url, '{"title": "PLANTED-VALUE', content_type="application/json"),
        api.post(url, "title=PLANTED-VALUE", content_type="text/PLANTED-VALUE"),
        api.post("/ops/support_ops/", {"operator_id": odd, "email": odd}, format="json"),
        api.post("/requests/webhook/email/", {"messages": [{"id": odd}]}, format="json"),
        APIClient(headers={"authorization": f"Token {odd}"}).get("/ops/support_ops/"),
        APIClient().get("/", headers={"host": "planted-value.example"}),
    ]


def test_no_error_repeats_a_value(supervisor: Operator, ticket: Ticket) -> None:
    for answer in errors(client_of(supervisor), ticket, supervisor):
        assert 400 <= answer.status_code < 500
        assert leaked(answer.content.decode()) == [], answer.content.decode()


def test_the_probes_show_no_address(client: Client, ticket: Ticket) -> None:
    for path in ("/readyz", "/metrics"):
        assert ADDRESS not in client.get(path).content.decode()
