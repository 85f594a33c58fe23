"""The start page, Swagger with its Authorize button, and the admin work in a real browser."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from operators import services as operator_services
from operators.models import Operator
from tests import requester_mail
from tests.factories import OperatorFactory, RequesterFactory
from tickets import services
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PASSWORD = "long-and-uncommon-91"


@pytest.fixture
def boss() -> Operator:
    boss: Operator = OperatorFactory.create(pk=1, name="Анна", is_supervisor=True)
    boss.set_password(PASSWORD)
    boss.save()
    return boss


@pytest.fixture
def ticket(boss: Operator) -> Ticket:
    message = requester_mail.open_ticket(
        requester=RequesterFactory.create(email="ivan@example.com"),
        title="Не печатает принтер",
        text="Здравствуйте!\n\nС утра не печатает принтер на третьем этаже.",
        written_at=timezone.now(),
    )
    services.take_ticket(ticket_id=message.ticket_id, by=boss)
    services.reply(ticket_id=message.ticket_id, by=boss, title="Re: принтер", text="Бумага есть?")
    return message.ticket


@pytest.fixture
def problems(page: Page) -> list[str]:
    """What goes wrong in the browser: script errors, violated policies, failed requests."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    page.on(
        "requestfailed",
        lambda request: (
            problems.append(f"{request.failure}: {request.url}")
            if request.failure != "net::ERR_ABORTED"  # the next page came before the last was whole
            else None
        ),
    )
    page.on(
        "response",
        lambda answer: (
            problems.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None
        ),
    )
    return problems


def test_the_start_page_leads_to_the_documentation(
    page: Page, live_server: LiveServer, problems: list[str]
) -> None:
    page.goto(live_server.url)

    expect(page.get_by_role("heading", name="ServiceDesk")).to_be_visible()
    page.get_by_role("link", name="The API").click()
    # The description of the API takes some seconds on a busy machine.
    expect(page.get_by_role("button", name="Authorize")).to_be_visible(timeout=30_000)
    assert page.url == f"{live_server.url}/docs/"
    assert problems == []


def test_authorize_lets_a_request_through_and_it_shows_the_ticket(
    page: Page, live_server: LiveServer, problems: list[str], boss: Operator, ticket: Ticket
) -> None:
    token = operator_services.issue_token(operator=boss)[1]
    page.goto(f"{live_server.url}/docs/")

    page.get_by_role("button", name="Authorize").click()
    dialog = page.locator(".auth-container")
    expect(dialog).to_contain_text("Token, a space and the token, as in Token 5d8f0d6a…")
    dialog.get_by_role("textbox").fill(f"Token {token}")
    dialog.locator("button[type=submit]").click()
    page.get_by_role("button", name="Close", exact=True).click()
    operation = page.locator("#operations-requests-requests_user_requests_list")
    operation.locator(".opblock-summary").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()

    example = operation.locator(".responses-table:not(.live-responses-table) .example").first
    expect(example).to_contain_text('"user_email": "ivan@example.com"')
    answer = operation.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text(f'"request_id": {ticket.pk}')
    expect(answer).to_contain_text('"user_email": "ivan@example.com"')
    assert problems == []


def test_without_authorize_the_answer_is_401(
    page: Page, live_server: LiveServer, ticket: Ticket
) -> None:
    page.goto(f"{live_server.url}/docs/")

    operation = page.locator("#operations-requests-requests_user_requests_list")
    operation.locator(".opblock-summary").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()

    answer = operation.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_contain_text("401")
    expect(answer).to_contain_text('"code": "not_authenticated"')


def test_a_supervisor_signs_in_and_looks_at_a_ticket(
    page: Page, live_server: LiveServer, problems: list[str], boss: Operator, ticket: Ticket
) -> None:
    page.goto(f"{live_server.url}/admin/")

    page.locator("#id_username").fill(str(boss.pk))
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Tickets", exact=True).last.click()
    page.get_by_role("link", name=str(ticket.pk), exact=True).click()

    content = page.locator("#content")
    expect(content).to_contain_text("ivan@example.com")
    expect(content).to_contain_text("С утра не печатает принтер на третьем этаже.")
    expect(content).to_contain_text("Бумага есть?")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    assert problems == []
