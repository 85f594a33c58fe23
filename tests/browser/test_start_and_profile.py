"""Start page, sign-in and profile in a browser: no violation of policy or accessibility."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from operators import services
from operators.models import Operator
from tests.browser.test_policy import sign_in
from tests.factories import OperatorFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PASSWORD = "right-enough-91"


@pytest.fixture
def me() -> Operator:
    operator = OperatorFactory.create(pk=7, name="Мария Седова", language="en", is_supervisor=True)
    operator.set_password(PASSWORD)
    operator.save()
    services.issue_token(operator=operator)
    return operator


@pytest.fixture
def problems(page: Page) -> list[str]:
    """Errors and warnings of the console, as those of the policy."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type != "log" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def axe_violations(page: Page) -> list[str]:
    results = Axe().run(page)
    return [
        f"{found['id']}: {found['nodes'][0]['html']}" for found in results.response["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", ["/", "/desk/sign-in/", "/desk/profile/"])
def test_a_page_is_for_everyone(
    page: Page,
    live_server: LiveServer,
    me: Operator,
    problems: list[str],
    path: str,
    width: int,
    scheme: str,
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    if path == "/desk/profile/":
        sign_in(page, live_server, me)

    page.goto(live_server.url + path)

    assert axe_violations(page) == []
    assert problems == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_somebody_signs_in_changes_the_profile_and_gets_a_token(
    page: Page, live_server: LiveServer, me: Operator, problems: list[str]
) -> None:
    page.goto(live_server.url + "/desk/profile/")
    page.get_by_label("Id or address").fill("7")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Your name").fill("Мария")
    page.get_by_label("A note that mentions me").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Your profile is saved.")

    page.get_by_role("button", name="Issue a token").click()

    token = page.get_by_label("Token", exact=True).input_value()
    me.refresh_from_db()
    assert (me.name, me.notices) == ("Мария", {"mention": False})
    assert len(token) == 64
    assert axe_violations(page) == []
    page.get_by_text("Revoke").first.click()
    expect(page.get_by_role("button", name="Revoke this token").first).to_be_visible()
    assert axe_violations(page) == []
    assert problems == []
