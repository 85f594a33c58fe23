"""Every page of the admin opens, and tickets and mail are only looked at there."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from mailing.models import (
    InboundEmail,
    MutedMailbox,
    OutboundEmail,
    OutboxPause,
)
from mailing.monitoring import heartbeats
from mailing.monitoring_models import Gap, Outage
from mailing.outbound import pause, suppression
from operators.models import Operator
from tests import requester_mail
from tests.factories import (
    BlockFactory,
    InboundEmailFactory,
    NoteFactory,
    ParticipantFactory,
    ReplyTemplateFactory,
    RequesterFactory,
)
from tickets import services
from tickets.models import Requester, Ticket

pytestmark = pytest.mark.slow

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
READ_ONLY = [model for model in REGISTERED if model._meta.app_label in {"tickets", "mailing"}]


@pytest.fixture
def browser(client: Client, supervisor: Operator) -> Client:
    client.force_login(supervisor)
    return client


@pytest.fixture
def rows(supervisor: Operator) -> None:
    """A ticket with both sides' messages, the mail around it, and a pause of the outbox."""
    requester = RequesterFactory.create()
    message = requester_mail.open_ticket(
        requester=requester, title="Принтер", text="Не печатает.", written_at=timezone.now()
    )
    services.take_ticket(ticket_id=message.ticket_id, by=supervisor)
    services.reply(ticket_id=message.ticket_id, by=supervisor, title="Re", text="Бумага есть?")
    ParticipantFactory.create(ticket=message.ticket)
    NoteFactory.create(ticket=message.ticket)
    ReplyTemplateFactory.create()
    BlockFactory.create()
    InboundEmail.objects.create(
        source="gmail",
        external_id="18c2f0",
        internal_date=timezone.now(),
        raw=b"From: ivan@example.com\r\n\r\ntext",
        size=31,
        requester_address=requester.email,
        state="ignored",
        reason="the same mail came before",
        processed_at=timezone.now(),
    )
    pause.begin("535 wrong password", about_us=True)
    suppression.mute(requester.email, "failed 5.1.1 no such user")
    now = timezone.now()
    heartbeats.record_script_call()
    Gap.objects.create(external_id="18c2f1", missing_since=now, last_missed_at=now)
    Outage.objects.create(code="script", reason="The Apps Script is silent.", began_at=now)


def url(model: type, page: str, *args: object) -> str:
    meta = model._meta  # type: ignore[attr-defined]  # a model
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=args)


def test_the_start_of_the_admin_opens(browser: Client) -> None:
    answer = browser.get("/admin/")

    assert answer.status_code == 200
    assert "ServiceDesk" in answer.content.decode()


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_list_opens_and_can_be_searched(browser: Client, rows: None, model: type) -> None:
    listed = browser.get(url(model, "changelist"))
    searched = browser.get(url(model, "changelist"), {"q": "1"})
    odd = browser.get(url(model, "changelist"), {"q": "x\x00'%"})

    assert [answer.status_code for answer in (listed, searched, odd)] == [200, 200, 200]


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_row_opens(browser: Client, rows: None, model: type) -> None:
    for row in model._default_manager.all():  # type: ignore[attr-defined]  # a model
        for page in ("change", "history"):
            assert browser.get(url(model, page, row.pk)).status_code == 200


@pytest.mark.parametrize(
    "model", [model for model in REGISTERED if model not in READ_ONLY],
    ids=lambda model: model._meta.label,
)  # fmt: skip
def test_every_form_to_add_opens(browser: Client, model: type) -> None:
    assert browser.get(url(model, "add")).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model._meta.label)
def test_tickets_and_mail_are_not_changed_in_the_admin(
    browser: Client, rows: None, model: type
) -> None:
    manager = model._default_manager  # type: ignore[attr-defined]  # a model
    before = list(manager.order_by("pk").values())

    added = browser.post(url(model, "add"), {"title": "x"})
    changed = [
        browser.post(url(model, "change", row.pk), {"title": "x", "status": "closed"})
        for row in manager.all()
    ]

    assert added.status_code == 403
    assert {answer.status_code for answer in changed} == {403}
    assert list(manager.order_by("pk").values()) == before


@pytest.mark.parametrize(
    "model", [model for model in READ_ONLY if model not in (MutedMailbox, OutboxPause)],
    ids=lambda model: model._meta.label,
)  # fmt: skip
def test_tickets_and_mail_are_not_deleted_in_the_admin(
    browser: Client, rows: None, model: type
) -> None:
    manager = model._default_manager  # type: ignore[attr-defined]  # a model

    answers = [browser.post(url(model, "delete", row.pk), {"post": "yes"}) for row in manager.all()]

    assert {answer.status_code for answer in answers} == {403}
    assert manager.count() == len(answers)


@pytest.mark.parametrize("model", [MutedMailbox, OutboxPause])
def test_a_mute_and_a_pause_are_ended_by_hand(browser: Client, rows: None, model: type) -> None:
    manager = model._default_manager  # type: ignore[attr-defined]  # a model

    answer = browser.post(url(model, "delete", manager.get().pk), {"post": "yes"})

    assert answer.status_code == 302
    assert not manager.exists()


@pytest.mark.parametrize("model", [Ticket, Requester, InboundEmail, OutboundEmail])
def test_a_list_costs_as_many_queries_however_long(
    browser: Client, rows: None, supervisor: Operator, model: type
) -> None:
    page = url(model, "changelist")
    browser.get(page)
    with CaptureQueriesContext(connection) as short:
        browser.get(page)

    for number in range(20):
        message = requester_mail.open_ticket(
            requester=RequesterFactory.create(), title="x", text="x", written_at=timezone.now()
        )
        services.take_ticket(ticket_id=message.ticket_id, by=supervisor)
        InboundEmailFactory.create(
            state="processed",
            processed_at=timezone.now(),
            ticket=message.ticket,
            message=message,
            parse={"subject": f"x {number}"},
        )
    with CaptureQueriesContext(connection) as long:
        browser.get(page)

    assert len(long) == len(short) <= 8
    assert not any('"raw"' in query["sql"] for query in long.captured_queries)
    assert not any('"content"' in query["sql"] for query in long.captured_queries)


def test_a_supervisor_is_welcomed_by_name(browser: Client, supervisor: Operator) -> None:
    page = browser.get("/admin/").content.decode()

    assert f"<strong>{supervisor.name}</strong>" in page


def test_groups_are_not_offered_because_no_right_comes_from_them(browser: Client) -> None:
    assert "/admin/auth/" not in browser.get("/admin/").content.decode()


def test_tokens_are_not_made_in_the_admin(browser: Client) -> None:
    assert "knox" not in {model._meta.app_label for model in REGISTERED}
    assert "operators_operatortoken" not in browser.get("/admin/").content.decode()


def test_the_admin_speaks_the_supervisors_language(browser: Client) -> None:
    english = browser.get("/admin/", headers={"accept-language": "en"}).content.decode()
    russian = browser.get("/admin/", headers={"accept-language": "ru"}).content.decode()

    assert '<html lang="en"' in english
    assert '<html lang="ru"' in russian
    assert "What arrived, what goes out, who works here" in english


@pytest.mark.parametrize("path", ["/admin/password_change/", "/admin/jsi18n/"])
def test_the_other_pages_of_the_admin_open(browser: Client, path: str) -> None:
    assert browser.get(path).status_code == 200


def test_signing_out_ends_the_session(browser: Client) -> None:
    browser.post("/admin/logout/")

    assert browser.get("/admin/").status_code == 302
