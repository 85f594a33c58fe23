"""The operator's own page in a browser, and the start page that leads to the desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from operators import services
from operators.models import Operator
from tests.browser.desk.problems import Problems

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Violations = Callable[[Page], list[str]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_the_start_page_is_for_everyone_and_leads_to_the_desk(
    context: BrowserContext,
    problems: Problems,
    live_server: LiveServer,
    violations: Violations,
    width: int,
    scheme: str,
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    page.goto(live_server.url)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Open the desk").click()
    expect(page.get_by_label("Id or address")).to_be_focused()


def test_somebody_changes_the_profile_and_issues_and_revokes_a_token(
    desk: Page, live_server: LiveServer, maria: Operator, violations: Violations
) -> None:
    desk.goto(f"{live_server.url}/desk/profile/")
    desk.get_by_label("Your name").fill("Мария")
    desk.get_by_label("A note that mentions me").uncheck()
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("status")).to_have_text("Your profile is saved.")

    desk.get_by_role("button", name="Issue a token").click()

    token = desk.get_by_label("Token", exact=True).input_value()
    maria.refresh_from_db()
    assert (maria.name, maria.notices) == ("Мария", {"mention": False})
    assert len(token) == 64
    assert violations(desk) == []
    desk.get_by_text("Revoke").first.click()
    expect(desk.get_by_role("button", name="Revoke this token")).to_be_visible()
    assert violations(desk) == []
    desk.get_by_role("button", name="Revoke this token").click()
    expect(desk.get_by_text("You have none.")).to_be_visible()


def test_errors_of_the_profile_are_accessible_and_the_first_password_has_the_focus(
    desk: Page,
    live_server: LiveServer,
    maria: Operator,
    problems: Problems,
    violations: Violations,
) -> None:
    problems.expected = {400}
    services.change_password(operator=maria, password="right-enough-91")
    desk.goto(f"{live_server.url}/desk/sign-in/")
    desk.get_by_label("Id or address").fill(str(maria.pk))
    desk.get_by_label("Password").fill("right-enough-91")
    desk.get_by_role("button", name="Sign in").click()
    desk.wait_for_url("**/desk/")
    desk.goto(f"{live_server.url}/desk/profile/")

    desk.get_by_label("Present password").fill("wrong")
    desk.get_by_label("New password", exact=True).fill("another-enough-92")
    desk.get_by_label("New password once more").fill("another-enough-92")
    desk.get_by_role("button", name="Change the password").click()

    expect(desk.get_by_label("Present password")).to_be_focused()
    expect(desk.get_by_label("Present password")).to_have_attribute("aria-invalid", "true")
    assert violations(desk) == []
