"""Every page of the desk, in both languages and schemes, at all sizes: whole, light, accessible."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from operators.models import Operator
from tests.browser.desk.world import World

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Violations = Callable[[Page], list[str]]

# The names of the tickets of `World`, and the paths of the other pages.
TICKETS = ["plain", "hostile", "arabic", "taken", "snoozed", "merged", "closed"]
PATHS = [
    "/desk/?queue=waiting",
    "/desk/?queue=new",
    "/desk/?queue=mine",
    "/desk/?queue=snoozed",
    "/desk/?queue=needs_attention",
    "/desk/?queue=closed",
    "/desk/?queue=all",
    "/desk/?search=printer",
    "/desk/?search=nothing-like-this",
    "/desk/?priority=low&queue=all",
    "/desk/tickets/new/",
    "/desk/templates/",
    "/desk/profile/",
]


@pytest.fixture
def world(maria: Operator) -> World:
    return World(maria).fill()


def paths(world: World) -> list[str]:
    return [*PATHS, *(f"/desk/tickets/{world.tickets[name].pk}/" for name in TICKETS)]


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "ru")])
def test_axe_finds_nothing_on_any_page(
    desk: Page,
    live_server: LiveServer,
    world: World,
    violations: Violations,
    scheme: str,
    language: str,
) -> None:
    world.maria.language = language
    world.maria.save()
    desk.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    found = {}
    for path in paths(world):
        desk.goto(live_server.url + path)
        found[path] = violations(desk)

    assert {path: texts for path, texts in found.items() if texts} == {}


@pytest.mark.parametrize("width", [360, 720, 3840])
def test_no_page_is_wider_than_the_window_or_runs_what_a_stranger_wrote(
    desk: Page, live_server: LiveServer, world: World, width: int
) -> None:
    desk.set_viewport_size({"width": width, "height": 900})

    too_wide = []
    for path in paths(world):
        desk.goto(live_server.url + path)
        if desk.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(path)
        assert desk.title() != "RAN"
        assert desk.locator("img[src=x]").count() == 0

    assert too_wide == []


def test_russian_pages_have_no_english_left(
    desk: Page, live_server: LiveServer, world: World
) -> None:
    """The words of the interface: what people wrote is inside `bdi`, `dir=auto` or fields."""
    world.maria.language = "ru"
    world.maria.save()

    desk.goto(f"{live_server.url}/desk/?queue=all")

    expect(desk.get_by_role("heading", name="Все")).to_be_visible()
    for path in paths(world):
        desk.goto(live_server.url + path)
        texts = desk.locator("button, h1, h2, h3, label, summary, nav a, legend").evaluate_all(
            "all => all.filter(one => one.checkVisibility() && !one.closest('[dir=auto], bdi')"
            " && !one.querySelector('[dir=auto], bdi')).map(one => one.innerText)"
        )
        english = [text for text in texts if text.isascii() and any(map(str.isalpha, text))]
        assert [text for text in english if len(text.strip("#0123456789 ")) > 12] == [], path


def test_the_first_page_and_later_ones_are_light(
    desk: Page, live_server: LiveServer, world: World
) -> None:
    """Bytes as they are sent; static files are sent compressed in production, and kept for ever."""
    sent: dict[str, int] = {}

    def count(response: Response) -> None:
        if response.url.startswith(live_server.url):
            sizes = response.request.sizes()
            sent[response.url] = sizes["responseBodySize"] + sizes["responseHeadersSize"]

    desk.on("response", count)
    desk.goto(f"{live_server.url}/desk/?queue=all")
    desk.wait_for_load_state("networkidle")

    pages = {url: size for url, size in sent.items() if "/static/" not in url}
    assert max(pages.values()) < 30_000
    # The test's server does not compress static files, of which htmx is the largest.
    assert sum(sent.values()) - pages[f"{live_server.url}/desk/?queue=all"] < 130_000
