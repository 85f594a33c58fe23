"""Hostile mail in a real browser runs no script, sends no request and covers nothing.

Each sample is opened three times: as it came, where it must do its harm (or the test could not
fail); sanitised, in a page without a policy, with a click on everything; and as the API returns it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from operators import services as operator_services
from operators.models import Operator
from tests.browser.canary import Answer, Server, serving
from tests.factories import MessageFactory, TicketFactory
from tests.hostile.samples import SAMPLES
from tests.sample_files import PNG
from tickets.api.message_html import HEADERS, HEADERS_WITH_IMAGES, render_page
from tickets.desk.message_page import MEASURED_POLICY
from tickets.files import store
from tickets.files.store import NewFile
from tickets.html.sanitizer import sanitize

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("files_folder")]

T = TypeVar("T")

OURS = re.compile(r"/desk$|/mgs/requests/\d+/mgs/\d+/html$")
# So many frames at once; a thousand would be slower than several parts.
FRAMES = 50
SETTLED_MS = 500
ELSEWHERE = -1  # in a page that a sample opened

# Every sample's script calls `alert`.
SENTINEL = "window.alert = () => console.log('RAN ' + location.href)"
POKE = """<script>addEventListener('load', () => setTimeout(() => {
  for (const one of document.querySelectorAll('body, body *')) {
    for (const name of ['mouseover', 'pointerenter', 'focus'])
      one.dispatchEvent(new Event(name));
    one.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
  }
}, 100))</script>"""
# Whether an element is out of its place, over others, hidden or huge.
OUT_OF_PLACE = """() => [...document.querySelectorAll('body, body *')].some(one => {
  if (['SCRIPT', 'STYLE', 'TEMPLATE', 'LINK', 'META', 'TITLE'].includes(one.tagName)) return false
  const style = getComputedStyle(one), size = parseFloat(style.fontSize)
  return style.position !== 'static' || style.transform !== 'none' || style.translate !== 'none'
    || style.display === 'none' || style.display.includes('flex') || style.visibility !== 'visible'
    || style.opacity !== '1' || size < 5 || size > 200 || style.boxShadow !== 'none'
    || ['Top', 'Right', 'Bottom', 'Left'].some(side => parseFloat(style['margin' + side]) < 0
       || parseFloat(style['padding' + side]) > 400)
    || one.offsetWidth > 2100 || one.offsetHeight > 2100
})"""
# Elements and attributes that the sanitiser must remove.
FOREIGN = """() => [...document.querySelectorAll('body *')].flatMap(one => [
  ...(/^(a|abbr|acronym|address|b|bdi|bdo|big|blockquote|br|caption|center|cite|code|col|colgroup|dd|del|dfn|div|dl|dt|em|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s|samp|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|var|wbr)$/
    .test(one.localName) ? [] : [one.localName]),
  ...[...one.attributes].filter(({name, value}) =>
    /^(on|id$|name$|class$|src$|ping$|srcset$|background$|form|target$|rel$)/.test(name)
    && !(name === 'src' && value.startsWith('data:image/'))
    && !(name === 'target' && value === '_blank')
    && !(name === 'rel' && value === 'noopener noreferrer')
    || name === 'href' && !/^(https?:\\/\\/|mailto:|tel:)/.test(value)
  ).map(({name, value}) => `${name}=${value}`)])"""


@dataclass
class Harm:
    """The numbers of the samples that ran a script, sent a request or left their place."""

    ran: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    out_of_place: set[int] = field(default_factory=set)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A context that reaches only this machine; other requests fail without asking Python."""
    context = browser.new_context()
    context.route(re.compile(r"https?://(?!127\.0\.0\.1:|localhost:)"), lambda route: route.abort())
    context.add_init_script(SENTINEL)
    yield context
    context.close()


@pytest.fixture
def canary() -> Iterator[Server]:
    with serving(lambda path: ({}, "")) as server:
        yield server


def _resolved(content_id: str) -> str | None:
    return "data:image/png;base64,iVBORw0KGgo=" if content_id == "logo" else None


def _in_frames(context: BrowserContext, canary: Server, pages: dict[int, Answer]) -> Harm:
    """Open pages in the frames of one page, a part at a time, and return the harm they did."""
    harm = Harm()

    def answer(path: str) -> Answer:
        name = path.strip("/")
        return pages[int(name)] if name.isdigit() else ({}, "")

    with serving(answer) as server:
        for part in _batched(pages):
            page = context.new_page()
            page.on("console", lambda message: _record_script(message, server.host, harm))
            page.goto(f"http://{server.host}/frames")
            page.set_content(_frames([f"/{number}" for number in part]))
            page.wait_for_timeout(SETTLED_MS)
            for frame in page.frames:
                number = _number(frame.url, server.host)
                if number is not None and frame.evaluate(OUT_OF_PLACE):
                    harm.out_of_place.add(number)
            page.close()
    harm.asked = {number for number in pages if canary.asked_by(number)}
    return harm


def _batched(things: Iterable[T]) -> Iterator[list[T]]:
    every = list(things)
    for start in range(0, len(every), FRAMES):
        yield every[start : start + FRAMES]


def _frames(urls: list[str]) -> str:
    # They may do anything but replace this page.
    may = "allow-scripts allow-forms allow-modals allow-popups allow-same-origin"
    return "".join(f'<iframe sandbox="{may}" src="{url}"></iframe>' for url in urls)


def _number(url: str, host: str) -> int | None:
    name = url.removeprefix(f"http://{host}/").partition("#")[0].partition("?")[0]
    return int(name) if name.isdigit() else None


def _record_script(message: ConsoleMessage, host: str, harm: Harm) -> None:
    if message.text.startswith("RAN "):
        number = _number(message.text.removeprefix("RAN "), host)
        harm.ran.add(ELSEWHERE if number is None else number)


def test_the_samples_do_their_harm_as_they_came(context: BrowserContext, canary: Server) -> None:
    pages: dict[int, Answer] = {
        number: ({}, f"<!doctype html>{POKE}{sample.aimed_at(f'{canary.host}/{number}')}")
        for number, sample in enumerate(SAMPLES)
    }

    harm = _in_frames(context, canary, pages)

    harmed = {"script": harm.ran, "request": harm.asked, "style": harm.out_of_place}
    harmless = [
        sample.name
        for number, sample in enumerate(SAMPLES)
        if sample.live and number not in harmed[sample.live]
    ]
    assert not harmless, " ".join(harmless)


def test_sanitised_they_do_none_even_without_a_policy(
    context: BrowserContext, canary: Server
) -> None:
    pages: dict[int, Answer] = {}
    for number, sample in enumerate(SAMPLES):
        source = sample.aimed_at(f"{canary.host}/{number}")
        pages[number] = {}, f"<!doctype html>{POKE}<body>{sanitize(source, image=_resolved)}"

    harm = _in_frames(context, canary, pages)

    assert harm == Harm()


@pytest.mark.parametrize(
    "headers",
    [HEADERS, {**HEADERS, "Content-Security-Policy": MEASURED_POLICY}],
    ids=["shown", "measured"],
)
def test_under_the_policy_they_run_and_fetch_nothing_even_as_they_came(
    context: BrowserContext, canary: Server, headers: dict[str, str]
) -> None:
    pages: dict[int, Answer] = {
        number: (headers, render_page("", POKE + sample.aimed_at(f"{canary.host}/{number}")))
        for number, sample in enumerate(SAMPLES)
        if sample.live in ("script", "request")
    }

    harm = _in_frames(context, canary, pages)

    # The policy cannot prevent a refresh of a frame; the sanitiser does.
    led_away = {n for n in harm.asked if "refresh" in SAMPLES[n].name}
    assert (harm.ran, harm.asked - led_away) == (set(), set())


def test_with_images_from_elsewhere_they_fetch_these_alone(
    context: BrowserContext, canary: Server
) -> None:
    pages: dict[int, Answer] = {}
    for number, sample in enumerate(SAMPLES):
        source = sample.aimed_at(f"{canary.host}/{number}")
        body = sanitize(source, image=_resolved, remote_images=True)
        pages[number] = HEADERS_WITH_IMAGES, render_page("", POKE + body, remote_images=True)
    kinds: set[str] = set()
    context.on(
        "request",
        lambda request: kinds.add(request.resource_type) if canary.host in request.url else None,
    )

    harm = _in_frames(context, canary, pages)

    assert (harm.ran, harm.out_of_place) == (set(), set())
    assert harm.asked
    assert kinds == {"image"}


@pytest.mark.django_db(transaction=True)
def test_the_api_shows_them_harmless(
    context: BrowserContext, canary: Server, live_server: LiveServer, operator: Operator
) -> None:
    token = operator_services.issue_token(operator=operator)[1]
    ticket = TicketFactory.create()
    urls = [
        f"{live_server.url}/mgs/requests/{ticket.pk}/mgs/{message.pk}/html"
        for message in (
            MessageFactory.create(
                ticket=ticket,
                # The database takes no NUL: mail is stored without.
                html=sample.aimed_at(f"{canary.host}/{number}").replace("\0", "\ufffd"),
                title="</title><script>alert(1)</script>",
            )
            for number, sample in enumerate(SAMPLES)
        )
    ]
    context.set_extra_http_headers({"Authorization": f"Token {token}"})
    # The page that frames them, of the same origin as they: so the policy wants it.
    desk = f"{live_server.url}/desk"
    context.route(desk, lambda route: route.fulfill(body="", content_type="text/html"))
    problems: list[str] = []
    opened: list[str] = []

    for part in _batched(urls):
        page = _with_problems(context.new_page(), problems)
        page.goto(desk)
        page.set_content(_frames(part))
        page.wait_for_timeout(SETTLED_MS)
        frames = page.main_frame.child_frames
        opened += [frame.url for frame in frames]
        for frame in frames:
            assert frame.evaluate(FOREIGN) == [], frame.url
            assert not frame.evaluate(OUT_OF_PLACE), frame.url
            assert frame.child_frames == []
        page.close()

    assert opened == urls
    assert canary.asked == []
    assert problems == []


def _with_problems(page: Page, problems: list[str]) -> Page:
    """Return a page whose scripts, requests and windows are added to the problems."""

    def on_console(message: ConsoleMessage) -> None:
        if "RAN" in message.text:
            problems.append(message.text)

    def on_request(request: Any) -> None:
        if not request.url.startswith("data:image/") and not OURS.search(request.url):
            problems.append(f"asked {request.url}")

    page.on("console", on_console)
    page.on("request", on_request)
    page.on("popup", lambda popup: problems.append(f"opened {popup.url}"))
    page.on("dialog", lambda dialog: problems.append(f"dialog {dialog.message}"))
    page.on("download", lambda download: problems.append(f"download {download.url}"))
    return page


@pytest.mark.django_db(transaction=True)
def test_friendly_mail_is_shown_with_its_images_and_links_that_open_a_tab(
    context: BrowserContext, canary: Server, live_server: LiveServer, operator: Operator
) -> None:
    token = operator_services.issue_token(operator=operator)[1]
    message = MessageFactory.create(
        title="Принтер",
        html='<p style="color:#cc0000">С утра <b>не</b> печатает:</p>'
        '<img src="cid:shot@x" alt="снимок" width="64" height="64">'
        f'<p><a href="http://{canary.host}/instructions">Инструкция</a></p>',
    )
    new = [NewFile(source=lambda: [PNG], name="снимок.png", content_id="shot@x", is_inline=True)]
    store.store_files(new)
    store.attach_files([(message, new)])
    page = context.new_page()
    page.set_extra_http_headers({"Authorization": f"Token {token}"})

    page.goto(f"{live_server.url}/mgs/requests/{message.ticket_id}/mgs/{message.pk}/html")

    expect(page).to_have_title("Принтер")
    expect(page.get_by_text("С утра не печатает:")).to_have_css("color", "rgb(204, 0, 0)")
    image = page.get_by_alt_text("снимок")
    assert image.evaluate("one => [one.complete, one.naturalWidth, one.clientWidth]") == [
        True,
        1,
        64,
    ]
    assert canary.asked == []
    with context.expect_page() as opened:
        page.get_by_role("link", name="Инструкция").click()
    opened.value.wait_for_load_state()
    assert opened.value.evaluate("[window.opener, document.referrer, origin]") == [
        None,
        "",
        f"http://{canary.host}",  # an ordinary page, not one in a sandbox
    ]
    assert canary.asked == ["/instructions"]
