"""Inbox and outbox in the Django admin."""

import pytest
from django.test import Client
from django.utils import timezone

from mailing.models import InboundEmail, OutboundEmail, OutboxPause
from mailing.outbound import pause
from operators.models import Operator
from tests.factories import InboundEmailFactory, OutboundEmailFactory

pytestmark = pytest.mark.django_db

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def admin(supervisor: Operator) -> Client:
    client = Client(headers=ENGLISH)
    client.force_login(supervisor)
    return client


def act(admin: Client, model: str, action: str, *ids: int) -> str:
    """Do an action with rows of a list and return the page that follows."""
    answer = admin.post(
        f"/admin/mailing/{model}/",
        {"action": action, "_selected_action": [str(pk) for pk in ids]},
        follow=True,
    )
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("model", ["inboundemail", "outboundemail"])
def test_mail_is_listed_searched_and_shown_without_its_bytes(admin: Client, model: str) -> None:
    row = (
        InboundEmailFactory.create(raw=b"SECRET BYTES", requester_address="ivan@example.com")
        if model == "inboundemail"
        else OutboundEmailFactory.create(content=b"SECRET BYTES", recipient="ivan@example.com")
    )

    listed = admin.get(f"/admin/mailing/{model}/?q=ivan@example.com").content.decode()
    shown = admin.get(f"/admin/mailing/{model}/{row.pk}/change/").content.decode()

    assert "i…@example.com" in listed
    assert "i…@example.com" in shown
    assert "ivan@example.com" not in shown
    assert "SECRET" not in shown


@pytest.mark.parametrize("model", ["inboundemail", "outboundemail", "outboxpause"])
def test_nothing_is_added_by_hand(admin: Client, model: str) -> None:
    assert admin.get(f"/admin/mailing/{model}/add/").status_code == 403


def test_mail_is_replayed_and_what_is_not_allowed_is_said(admin: Client) -> None:
    aside = InboundEmailFactory.create(state="quarantined", reason="x", processed_at=timezone.now())
    waiting = InboundEmailFactory.create()

    page = act(admin, "inboundemail", "replay_mail", aside.pk, waiting.pk)

    aside.refresh_from_db()
    assert aside.state == InboundEmail.State.RECEIVED
    assert "Done for 1." in page
    assert f"{waiting.pk}: The mail is received; only an ignored" in page


def test_mail_is_sent_again_and_given_up(admin: Client, supervisor: Operator) -> None:
    failed = OutboundEmailFactory.create(state="failed", reason="refused", next_attempt_at=None)
    queued = OutboundEmailFactory.create()

    again = act(admin, "outboundemail", "send_again", failed.pk, queued.pk)
    given_up = act(admin, "outboundemail", "give_up", queued.pk)

    failed.refresh_from_db()
    queued.refresh_from_db()
    assert failed.state == OutboundEmail.State.QUEUED
    assert queued.state == OutboundEmail.State.SUPPRESSED
    assert queued.reason == f"cancelled by operator {supervisor.pk}"
    assert "Done for 1." in again
    assert f"{queued.pk}: The mail is queued; this needs" in again
    assert "Done for 1." in given_up


def test_the_pause_is_shown_and_ended_by_deleting_it(admin: Client) -> None:
    pause.begin("cannot connect: refused", patient=True)

    listed = admin.get("/admin/mailing/outboxpause/").content.decode()
    answer = admin.post("/admin/mailing/outboxpause/1/delete/", {"post": "yes"})

    assert "cannot connect" in listed
    assert "refused" not in listed
    assert answer.status_code == 302
    assert not OutboxPause.objects.exists()
    assert not pause.is_on()


def test_rows_name_themselves() -> None:
    row, mail = InboundEmailFactory.create(), OutboundEmailFactory.create()
    pause.begin("cannot connect", patient=False)

    assert str(row) == f"inbound {row.pk}"
    assert str(mail) == f"outbound {mail.pk}"
    assert str(OutboxPause.objects.get()).startswith("pause since 20")
