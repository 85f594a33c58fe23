"""Signing in, in a browser, with and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from operators.models import Operator
from tests.browser.desk.problems import Problems

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PASSWORD = "long-and-uncommon-91"


@pytest.fixture(autouse=True)
def _password(maria: Operator) -> None:
    maria.set_password(PASSWORD)
    maria.save()


def fill_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Id or address").fill("MARIA@company.example")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_an_operator_signs_in_with_the_address_and_gets_to_the_page_they_wanted(
    context: BrowserContext,
    problems: Problems,
    live_server: LiveServer,
    violations: Callable[[Page], list[str]],
) -> None:
    page = context.new_page()
    problems.expected = {403}
    page.goto(f"{live_server.url}/desk/profile/")
    assert violations(page) == []

    fill_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("No active operator has this")
    assert violations(page) == []
    fill_in(page)

    expect(page.get_by_role("heading", name="Profile")).to_be_visible()


def test_the_page_with_nothing_at_it_leads_back(
    desk: Page, problems: Problems, live_server: LiveServer, violations: Callable[[Page], list[str]]
) -> None:
    problems.expected = {404}

    desk.goto(f"{live_server.url}/desk/tickets/404/")

    expect(desk.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert violations(desk) == []
    desk.get_by_role("link", name="To the queue").click()
    expect(desk.get_by_role("heading", name="Waiting for us")).to_be_visible()
