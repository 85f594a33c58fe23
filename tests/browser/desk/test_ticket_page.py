"""The page of a ticket, in a browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from operators.models import Operator
from tests.browser.desk.problems import Problems
from tests.browser.desk.world import World
from tests.factories import MessageFactory, OperatorFactory
from tickets import services
from tickets.models import Ticket

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("files_folder"),
]
HTML = '<table><tr><td>Hello</td></tr></table><img src="data:image/png;base64,AAAA">'


@pytest.fixture
def ticket(maria: Operator) -> Ticket:
    """A ticket of Maria's with a mail of HTML in it."""
    message = MessageFactory.create(html=HTML, ticket__title="The printer is dead")
    return services.take_ticket(ticket_id=message.ticket_id, by=maria)


def open_page(desk: Page, server: LiveServer, ticket: Ticket) -> None:
    desk.goto(f"{server.url}/desk/tickets/{ticket.pk}/")


def reload_parts(desk: Page) -> None:
    with desk.expect_response(lambda answer: answer.ok and answer.request.method == "GET"):
        desk.evaluate("htmx.trigger(document.body, 'desk:changed')")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_ticket(
    desk: Page,
    live_server: LiveServer,
    maria: Operator,
    violations: Callable[[Page], list[str]],
    width: int,
    scheme: str,
) -> None:
    world = World(maria).fill()
    desk.set_viewport_size({"width": width, "height": 900})
    desk.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    for ticket in world.tickets.values():
        open_page(desk, live_server, ticket)
        desk.evaluate(
            "document.querySelectorAll('main details:not(.menu)').forEach(one => one.open = true)"
        )

        assert violations(desk) == [], ticket.title
        assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert desk.title() != "RAN"


def test_a_change_leaves_frames_open_parts_and_what_is_typed(
    desk: Page, live_server: LiveServer, ticket: Ticket, maria: Operator
) -> None:
    open_page(desk, live_server, ticket)
    expect(desk.frame_locator("iframe[name]").get_by_text("Hello")).to_be_visible()
    desk.evaluate("document.querySelector('iframe').isTheSame = true")
    desk.get_by_text("As plain text").click()
    desk.get_by_label("Tag to add").fill("half-typed")

    services.reply(ticket_id=ticket.pk, by=maria, title="Re", text="We come at once.")
    reload_parts(desk)

    expect(desk.get_by_text("We come at once.")).to_be_visible()
    expect(desk.get_by_label("Tag to add")).to_have_value("half-typed")
    expect(desk.get_by_label("Tag to add")).to_be_focused()
    expect(desk.get_by_text("С утра не печатает.")).to_be_visible()
    assert desk.evaluate("document.querySelector('iframe').isTheSame")


def test_the_keyboard_does_what_the_buttons_do(
    desk: Page, live_server: LiveServer, ticket: Ticket
) -> None:
    other = OperatorFactory.create(name="Пётр Ильин")
    open_page(desk, live_server, ticket)

    desk.keyboard.press("s")
    desk.keyboard.press("Enter")
    expect(desk.locator("#head")).to_contain_text("Snoozed until")
    expect(desk.locator("#snooze")).to_be_focused()

    desk.keyboard.press("a")
    desk.get_by_label("Who shall have it").select_option(label=other.name)
    desk.get_by_label("Who shall have it").press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.locator(".holder")).to_contain_text(other.name)
    expect(desk.locator("#assign")).to_be_focused()

    desk.locator("h1").focus()
    desk.keyboard.press("c")
    expect(desk.locator("#head")).to_contain_text("closed")
    desk.keyboard.press("j")
    expect(desk.locator("article").first).to_be_focused()


def test_a_page_that_is_old_does_not_close_the_ticket(
    desk: Page, live_server: LiveServer, ticket: Ticket
) -> None:
    open_page(desk, live_server, ticket)
    other = OperatorFactory.create(name="Пётр Ильин")
    services.assign_ticket(ticket_id=ticket.pk, to=other, by=other)

    desk.locator("#close").click()

    expect(desk.locator("#messages")).to_contain_text("Not done, because the ticket has changed")
    expect(desk.locator("#head")).to_contain_text("in progress")
    desk.locator("#close").click()
    expect(desk.locator("#head")).to_contain_text("closed")


def test_an_error_is_shown_and_what_was_typed_stays(
    desk: Page, live_server: LiveServer, ticket: Ticket, problems: Problems
) -> None:
    problems.expected = {400}
    open_page(desk, live_server, ticket)

    desk.get_by_label("Tag to add").fill("no tag!")
    desk.get_by_label("Tag to add").press("Enter")

    expect(desk.locator("#messages")).to_contain_text("A tag consists of letters")
    expect(desk.get_by_label("Tag to add")).to_have_value("no tag!")
    desk.get_by_label("Tag to add").fill("printer")
    desk.get_by_label("Tag to add").press("Enter")
    expect(desk.locator("#about-tags")).to_contain_text("printer")
    expect(desk.locator("#messages")).to_be_empty()


def test_the_history_can_be_hidden_and_stays_so(
    desk: Page, live_server: LiveServer, ticket: Ticket
) -> None:
    open_page(desk, live_server, ticket)
    expect(desk.get_by_text("took it")).to_be_visible()

    desk.get_by_role("button", name="Hide history").click()
    expect(desk.get_by_text("took it")).not_to_be_visible()

    desk.reload()
    expect(desk.get_by_text("took it")).not_to_be_visible()
    expect(desk.get_by_role("button", name="Hide history")).to_have_attribute(
        "aria-pressed", "true"
    )
