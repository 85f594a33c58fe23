"""A browser at the desk: what goes wrong in it fails the test, and axe looks at each page."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from operators.models import Operator
from tests.browser.desk.problems import Problems
from tests.browser.test_policy import sign_in
from tests.factories import OperatorFactory

# The rules of WCAG 2.2 AA, and those that axe's authors recommend beside them.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def maria(transactional_db: None) -> Operator:
    return OperatorFactory.create(name="Мария Орлова", email="maria@company.example", language="en")


@pytest.fixture
def problems(context: BrowserContext) -> Iterator[Problems]:
    """The problems of all pages of the context; there must be none at the end."""
    problems = Problems()
    for page in context.pages:
        problems.watch(page)
    context.on("page", problems.watch)
    yield problems
    assert problems == []


@pytest.fixture
def desk(
    problems: Problems, context: BrowserContext, live_server: LiveServer, maria: Operator
) -> Page:
    """A page of Maria's, who is signed in."""
    page = context.new_page()
    sign_in(page, live_server, maria)
    return page


@pytest.fixture
def violations() -> Callable[[Page], list[str]]:
    """Return what axe finds wrong with a page."""

    def find(page: Page) -> list[str]:
        answer = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        return [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in answer.response["violations"]
            for node in violation["nodes"]
        ]

    return find
