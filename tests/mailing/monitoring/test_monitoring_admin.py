"""Pause, muted mailboxes, gaps and outages in the Django admin."""

import pytest
from django.test import Client
from django.utils import timezone

from mailing.models import MutedMailbox, OutboxPause
from mailing.monitoring_models import Gap, Outage
from mailing.outbound import pause, suppression
from operators.models import Operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(supervisor: Operator) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(supervisor)
    return client


def rows_found(admin: Client, model: str, **query: str) -> set[int]:
    """Return the ids of the rows that a list shows for a search or a filter."""
    answer = admin.get(f"/admin/mailing/{model}/", query)
    assert answer.status_code == 200, query
    return {row.pk for row in answer.context["cl"].result_list}


def test_the_pause_is_shown_and_ended_by_deleting_it(admin: Client) -> None:
    pause.begin("cannot connect: refused", about_us=True)

    listed = admin.get("/admin/mailing/outboxpause/").content.decode()
    answer = admin.post("/admin/mailing/outboxpause/1/delete/", {"post": "yes"})

    assert "cannot connect: refused" in listed
    assert answer.status_code == 302
    assert not OutboxPause.objects.exists()
    assert not pause.is_on()


def test_muted_mailboxes_are_listed_and_searched_with_the_reason(admin: Client) -> None:
    suppression.mute("ivan@example.com", "failed 5.1.1 no such user")
    suppression.mute("anna@example.net", "a complaint")
    muted = MutedMailbox.objects.get(mailbox="ivan@example.com")

    listed = admin.get("/admin/mailing/mutedmailbox/").content.decode()

    assert "ivan@example.com" in listed
    assert "failed 5.1.1 no such user" in listed
    assert rows_found(admin, "mutedmailbox", q="no such") == {muted.pk}


def test_outages_and_gaps_are_filtered_by_whether_they_are_over(admin: Client) -> None:
    now = timezone.now()
    lasting = Outage.objects.create(code="script", reason="Silent.", began_at=now)
    past = Outage.objects.create(code="beat", reason="Dead.", began_at=now, ended_at=now)
    gap = Gap.objects.create(external_id="18c2", missing_since=now, last_missed_at=now)

    assert rows_found(admin, "outage", over="no") == {lasting.pk}
    assert rows_found(admin, "outage", over="yes") == {past.pk}
    assert rows_found(admin, "outage", over="x") == {lasting.pk, past.pk}
    assert rows_found(admin, "gap", over="no") == {gap.pk}
    assert "Silent." in admin.get("/admin/mailing/outage/").content.decode()
