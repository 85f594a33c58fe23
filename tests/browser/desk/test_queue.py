"""The queue in a browser: keys, selection, and refreshes that leave everything in its place."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from operators.models import Operator
from tests.browser.desk.problems import Problems
from tests.factories import (
    DraftFactory,
    HistoryEntryFactory,
    MessageFactory,
    OperatorFactory,
    TicketFactory,
    minutes_ago,
)
from tickets.desk.queue import QueueView
from tickets.models import Ticket

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

REFRESH = """() => new Promise((done) => {
    document.body.addEventListener("htmx:afterSettle", done, { once: true });
    htmx.trigger(document.body, "desk:changed");
})"""
SIZES = [(1440, "light"), (390, "dark"), (360, "light")]


@pytest.fixture
def tickets(db: None) -> list[Ticket]:
    return [
        MessageFactory.create(
            ticket__created_at=minutes_ago(100 - number), ticket__title=f"Printer {number}"
        ).ticket
        for number in range(2 * QueueView.page_rows - 5)
    ]


def an_operator() -> Operator:
    operator = OperatorFactory.create(name="Anna Smith", language="en")
    operator.set_password("correct horse")
    operator.save()
    return operator


@pytest.fixture
def desk(page: Page, live_server: LiveServer, problems: Problems) -> Page:
    operator = an_operator()
    page.goto(f"{live_server.url}/desk/sign-in/")
    page.fill("#username", str(operator.pk))
    page.fill("#password", "correct horse")
    page.click("button[type=submit]")
    page.wait_for_url("**/desk/")
    return page


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_keys_go_through_the_list_select_and_act(desk: Page, tickets: list[Ticket]) -> None:
    desk.reload()
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    assert focused(desk) == f"t{tickets[1].pk}"

    desk.keyboard.press("x")
    expect(desk.locator("#bulk-bar")).to_be_visible()
    desk.keyboard.press("x")
    expect(desk.locator("#bulk-bar")).to_be_hidden()
    desk.keyboard.press("t")

    expect(desk.locator("#messages")).to_have_text(f"Done: #{tickets[1].pk}")
    expect(desk.locator(f"#t{tickets[1].pk}")).to_be_focused()
    assert Ticket.objects.get(pk=tickets[1].pk).status == "in_progress"
    desk.keyboard.press("a")
    expect(desk.locator("#bulk-operator")).to_be_focused()

    desk.keyboard.press("Escape")
    expect(desk.locator(f"#t{tickets[1].pk}")).to_be_focused()
    expect(desk.locator("#bulk-bar")).to_be_hidden()
    desk.keyboard.press("x")
    desk.locator("#bulk-bar summary", has_text="Tags").press("Enter")
    desk.locator("#bulk-tag").fill("paper")
    desk.keyboard.press("Enter")

    expect(desk.locator(f"#t{tickets[1].pk}")).to_be_focused()
    assert Ticket.objects.get(pk=tickets[1].pk).tags == ["paper"]


def test_a_refresh_keeps_rows_selection_focus_and_place(desk: Page, tickets: list[Ticket]) -> None:
    desk.reload()
    desk.locator("#more").scroll_into_view_if_needed()
    expect(desk.locator("#rows [data-row]")).to_have_count(len(tickets))
    desk.locator(f"#s{tickets[-5].pk}").check()
    desk.locator(f"#t{tickets[-4].pk}").focus()
    top = desk.locator(f"#t{tickets[-4].pk}").bounding_box()
    TicketFactory.create(created_at=minutes_ago(500))

    desk.evaluate(REFRESH)

    expect(desk.locator("#rows [data-row]")).to_have_count(len(tickets))  # as many as before
    assert desk.locator(f"#s{tickets[-5].pk}").is_checked()
    assert desk.locator("[data-selected]").inner_text() == "1"
    assert focused(desk) == f"t{tickets[-4].pk}"
    after = desk.locator(f"#t{tickets[-4].pk}").bounding_box()
    assert top is not None
    assert after is not None
    assert abs(after["y"] - top["y"]) < 3


def test_new_tickets_appear_by_themselves(desk: Page) -> None:
    expect(desk.locator(".empty")).to_contain_text("Nothing waits for you")
    desk.wait_for_timeout(4500)  # until it has asked for the first time

    HistoryEntryFactory.create(ticket=MessageFactory.create(ticket__title="It burns").ticket)

    expect(desk.locator("#rows")).to_contain_text("It burns", timeout=15_000)
    expect(desk.locator("#queues [aria-current] .count")).to_have_text("1")


def test_the_way_back_leads_to_the_row(desk: Page, tickets: list[Ticket]) -> None:
    desk.goto(desk.url + "?queue=new&ordering=-date_create")
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    row = focused(desk)

    for way in ("u", "back"):
        desk.keyboard.press("Enter")
        desk.wait_for_url("**/desk/tickets/*/")
        desk.wait_for_load_state()
        if way == "u":
            desk.keyboard.press("u")
        else:
            desk.go_back()

        expect(desk.locator(f"#{row}")).to_be_focused()
        assert desk.url.endswith("?queue=new&ordering=-date_create")


def test_everything_is_done_without_a_script(
    browser: Browser, live_server: LiveServer, tickets: list[Ticket]
) -> None:
    operator = an_operator()
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{live_server.url}/desk/")
    page.fill("#username", str(operator.pk))
    page.fill("#password", "correct horse")
    page.click("button[type=submit]")

    page.check(f"#s{tickets[0].pk}")
    page.check(f"#s{tickets[1].pk}")
    page.click("#bulk-bar summary:has-text('Priority')")
    page.click("button[name=priority][value=high]")
    expect(page.locator("#messages")).to_have_text("Done for 2 tickets")
    page.click("#more a")
    expect(page.locator("#rows [data-row]")).to_have_count(len(tickets) - QueueView.page_rows)
    page.fill("#search", f"#{tickets[3].pk}")
    page.press("#search", "Enter")

    expect(page.locator("#rows [data-row]")).to_have_count(1)
    context.close()
    assert Ticket.objects.filter(priority=3).count() == 2


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_pages_are_accessible_and_fit(
    desk: Page, tickets: list[Ticket], problems: Problems, width: int, scheme: str
) -> None:
    desk.set_viewport_size({"width": width, "height": 800})
    desk.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    TicketFactory.create(
        closed=True, needs_attention=True, priority=4, tags=["a" * 50, "b"], title="x" * 300
    )
    DraftFactory.create(ticket=tickets[0])
    start = re.sub(r"\?.*", "", desk.url)
    problems.expected = {400}  # of a filter that does not exist
    for path in ("?queue=all", "?search=printer", "?priority=huge", "?queue=snoozed",
                 "?queue=all&tag=b", "tickets/new/"):  # fmt: skip
        desk.goto(start + path)
        if path == "?queue=all":
            desk.locator("[name=ticket]").first.check()
            desk.click("[data-menu=snooze] summary")
        for violation in Axe().run(desk).response["violations"]:
            pytest.fail(f"{path}: {violation['id']}: {violation['nodes'][0]['html']}")
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert desk.evaluate(wider) <= 0, path
