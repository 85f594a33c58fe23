"""The lists of the admin as a supervisor sees them: whole, and safe from what strangers write."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_policy import sign_in
from tests.factories import (
    InboundEmailFactory,
    MessageFactory,
    OperatorFactory,
    OutboundEmailFactory,
    RequesterFactory,
    TicketFactory,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ADDRESS = "a.requester.with.a.long.name@department.example.com"
LONG_NUMBER = 12_345_678
HOSTILE = "<img src=x onerror=\"document.title='RAN'\"> " + "a long subject " * 20
TIMELINE_ENTRY = {
    "state": "failed",
    "at": "2026-11-23T09:00:00Z",
    "attempt": 1,
    "smtp_code": 550,
    "words": HOSTILE,
}


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer) -> Page:
    """A page of a supervisor, with a ticket and mail of somebody who tries to run a script."""
    ticket = TicketFactory.create(
        pk=LONG_NUMBER,
        requester=RequesterFactory.create(email=ADDRESS, name=HOSTILE[:255]),
        title=HOSTILE,
        taken=True,
    )
    message = MessageFactory.create(ticket=ticket, title=HOSTILE, text=HOSTILE)
    InboundEmailFactory.create(
        pk=LONG_NUMBER,
        requester_address=ADDRESS,
        state="quarantined",
        kind="person",
        reason=HOSTILE,
        parse={"subject": HOSTILE, "files": [HOSTILE]},
        parse_before={"subject": "before"},
        processed_at=timezone.now(),
        ticket=ticket,
        message=message,
    )
    OutboundEmailFactory.create(
        pk=LONG_NUMBER,
        ticket=ticket,
        recipient=ADDRESS,
        state="failed",
        reason=HOSTILE,
        smtp_code=550,
        smtp_reply=HOSTILE,
        timeline=[TIMELINE_ENTRY],
    )
    sign_in(page, live_server, OperatorFactory.create(is_supervisor=True))
    page.set_viewport_size({"width": 1440, "height": 900})
    return page


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "model",
    ["tickets_ticket", "tickets_requester", "mailing_inboundemail", "mailing_outboundemail"],
)
def test_lists_and_pages_are_whole_and_run_nothing(
    signed_in: Page, live_server: LiveServer, model: str, language: str
) -> None:
    signed_in.set_extra_http_headers({"Accept-Language": language})

    signed_in.goto(live_server.url + reverse(f"admin:{model}_changelist"))
    rows = signed_in.locator("#result_list")
    expect(rows.get_by_text(ADDRESS)).to_be_visible()
    assert rows.evaluate("table => table.scrollWidth <= table.closest('.results').clientWidth")

    rows.locator("tbody th a").first.click()
    content = signed_in.locator("#content-main")
    expect(content).to_contain_text("onerror")
    assert signed_in.evaluate("document.body.scrollWidth <= innerWidth")
    assert signed_in.title() != "RAN"
    assert signed_in.locator("#content-main img[src=x]").count() == 0
