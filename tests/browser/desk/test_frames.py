"""The frames of a ticket's page, in a browser: as high as the mail in them, and harmless."""

from typing import Any

import pytest
from playwright.sync_api import Frame, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from operators.models import Operator
from tests.browser.canary import serving
from tests.browser.desk.problems import Problems
from tests.browser.desk.test_ticket_page import open_page, reload_parts
from tests.factories import MessageFactory
from tickets import services
from tickets.api import message_html
from tickets.models import Message, Ticket

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("files_folder"),
]
SETTLED_MS = 500
WORDS = "<p>" + "The printer on the second floor prints nothing since this morning. " * 7
# A page with a layout is shown at once, one without in a folded part.
SHORT = '<table><tr><td height="20">Hello</td></tr></table>'
LONG = f'<table width="100%"><tr><td>{WORDS * 60}</td></tr></table>'
WIDE = '<table><tr><td style="white-space:nowrap">' + "wide " * 400 + "</td></tr></table>"


@pytest.fixture
def ticket(maria: Operator) -> Ticket:
    """A ticket of Maria's, whose first mail has no HTML."""
    message = MessageFactory.create(ticket__title="The printer is dead")
    return services.take_ticket(ticket_id=message.ticket_id, by=maria)


@pytest.fixture
def unsanitized(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show mail as it came, as if the sanitizer let everything pass."""

    def let_pass(source: str, **options: Any) -> str:
        return source

    monkeypatch.setattr(message_html, "sanitize", let_pass)


def frame_of(desk: Page, message: Message) -> Frame:
    """Return the frame that shows a mail, once it has loaded and its height is right."""
    shown = desk.locator(f"[name=frame-{message.pk}]")
    expect(shown.locator("..")).to_have_class("mail-frame small is-exact")
    frame = shown.element_handle().content_frame()
    assert frame is not None
    # The copy that is measured may have loaded before it.
    frame.wait_for_url(f"**/messages/{message.pk}/html/**")
    return frame


def wait_until_it_fits(desk: Page, frame: Frame, *, least: int = 0) -> None:
    """Wait until a frame is as high as its content, which is at least so high."""
    for _try in range(50):
        have, need = heights(frame)
        if have == need >= least:
            return
        desk.wait_for_timeout(100)
    pytest.fail(f"The frame has {have} pixels, its content needs {need}.")


def heights(frame: Frame) -> tuple[int, int]:
    """Return the height of a frame, and the one that its content needs."""
    have: int = frame.evaluate("innerHeight")
    # In a frame of no height, since a document is never less high than its frame.
    frame.frame_element().evaluate("one => one.style.height = 0")
    need: int = frame.evaluate("document.documentElement.scrollHeight")
    frame.frame_element().evaluate("one => one.style.height = ''")
    return have, need


@pytest.mark.parametrize("html", [SHORT, LONG], ids=["short", "long"])
def test_a_frame_is_as_high_as_its_mail_at_any_width(
    desk: Page, live_server: LiveServer, ticket: Ticket, html: str
) -> None:
    message = MessageFactory.create(ticket=ticket, html=html)
    open_page(desk, live_server, ticket)
    frame = frame_of(desk, message)

    for width in (1280, 390, 1440):
        desk.set_viewport_size({"width": width, "height": 900})
        desk.wait_for_timeout(SETTLED_MS)

        wait_until_it_fits(desk, frame)


def test_a_mail_that_is_too_wide_has_room_for_its_scrollbar(
    desk: Page, live_server: LiveServer, ticket: Ticket
) -> None:
    message = MessageFactory.create(ticket=ticket, html=WIDE)

    open_page(desk, live_server, ticket)

    have, need = heights(frame_of(desk, message))
    assert have == need + 17


def test_folded_mail_and_mail_that_comes_later_is_measured_too(
    desk: Page, live_server: LiveServer, ticket: Ticket
) -> None:
    folded = MessageFactory.create(ticket=ticket, text="Hello", html="<p>Hello</p>")
    open_page(desk, live_server, ticket)

    desk.get_by_text("As it was formatted").click()
    have, need = heights(frame_of(desk, folded))
    assert have == need

    later = MessageFactory.create(ticket=ticket, html=LONG)
    reload_parts(desk)
    desk.locator(f"#message-{later.pk}").scroll_into_view_if_needed()
    have, need = heights(frame_of(desk, later))
    assert have == need


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_stays_at_the_last_message_while_frames_above_it_grow(
    desk: Page, live_server: LiveServer, ticket: Ticket, width: int
) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    for html in (LONG, SHORT, LONG):
        MessageFactory.create(ticket=ticket, html=html)
    last = MessageFactory.create(ticket=ticket, text="After it.\n" * 60)

    open_page(desk, live_server, ticket)

    expect(desk.locator(".is-exact")).to_have_count(3)
    top = desk.locator(f"#message-{last.pk}").evaluate("one => one.getBoundingClientRect().top")
    assert 0 < top < 120


def test_on_paper_a_mail_is_whole(desk: Page, live_server: LiveServer, ticket: Ticket) -> None:
    desk.set_viewport_size({"width": 1440, "height": 900})
    page_long = MessageFactory.create(ticket=ticket, html=f"<table><tr><td>{WORDS * 4}</table>")
    longer = MessageFactory.create(ticket=ticket, html=LONG, text="The same as text")
    open_page(desk, live_server, ticket)
    before = [heights(frame_of(desk, message)) for message in (page_long, longer)]

    desk.evaluate("dispatchEvent(new Event('beforeprint'))")
    on_paper = heights(frame_of(desk, page_long))
    expect(desk.locator(f"[name=frame-{longer.pk}]")).to_be_hidden()
    expect(desk.get_by_text("The same as text")).to_be_visible()
    desk.evaluate("dispatchEvent(new Event('afterprint'))")

    assert on_paper[0] == on_paper[1] > before[0][0]  # paper is narrower
    expect(desk.get_by_text("The same as text")).to_be_hidden()
    assert [heights(frame_of(desk, message)) for message in (page_long, longer)] == before


@pytest.mark.usefixtures("unsanitized")
@pytest.mark.parametrize(
    ("html", "height"),
    [
        # Of the copy, which is 10 pixels high, with margins of the page.
        ('<table></table><div style="height:100vh"></div>', 34),
        ('<table></table><div style="height:calc(100vh + 500px)"></div>', 534),
        ('<table></table><div style="position:fixed;height:200%">x</div>', 24),
        ('<table></table><div style="height:100000px">', 20_000),
    ],
)
def test_no_mail_grows_with_its_frame_or_makes_the_page_endless(
    desk: Page, live_server: LiveServer, ticket: Ticket, html: str, height: int
) -> None:
    message = MessageFactory.create(ticket=ticket, html=html)
    open_page(desk, live_server, ticket)
    frame = frame_of(desk, message)

    found = [frame.evaluate("innerHeight")]
    for width in (1200, 1280):
        desk.set_viewport_size({"width": width, "height": 900})
        desk.wait_for_timeout(SETTLED_MS)
        found.append(frame.evaluate("innerHeight"))

    assert found == [height] * 3


def test_images_from_elsewhere_are_fetched_without_the_readers_cookies(
    desk: Page, live_server: LiveServer, ticket: Ticket
) -> None:
    ours = f"{live_server.url}/desk/tickets/{ticket.pk}/?from-mail"
    message = MessageFactory.create(ticket=ticket, html=f'<table></table><img src="{ours}">')
    asked: list[Request] = []
    desk.on("request", lambda request: asked.append(request) if request.url == ours else None)
    open_page(desk, live_server, ticket)
    frame_of(desk, message)

    with desk.expect_request(ours):
        desk.get_by_text("Show remote images").click()
    desk.wait_for_timeout(SETTLED_MS)

    # By the frame alone: its copy would have fetched it in the name of the reader.
    assert ["cookie" in request.all_headers() for request in asked] == [False]


def test_a_frame_with_images_from_elsewhere_is_as_high_as_they_say(
    desk: Page, live_server: LiveServer, ticket: Ticket
) -> None:
    picture = "<svg xmlns='http://www.w3.org/2000/svg' width='30' height='20'/>"
    with serving(lambda path: ({"Content-Type": "image/svg+xml"}, picture)) as elsewhere:
        image = f'<img src="http://{elsewhere.host}/a.svg" width="300" height="200">'
        message = MessageFactory.create(ticket=ticket, html=f"<table></table>{image * 5}")
        open_page(desk, live_server, ticket)
        frame = frame_of(desk, message)
        expect(desk.get_by_label("Taller")).to_be_hidden()

        desk.get_by_text("Show remote images").click()
        frame.wait_for_url("**images=1")

        wait_until_it_fits(desk, frame, least=600)
        # The sizes may be wrong.
        expect(desk.get_by_label("Taller")).to_be_visible()
        assert elsewhere.asked == ["/a.svg"]


HOSTILE = """<table></table><script>document.title='RAN'</script>
<img src=x onerror="top.document.title='RAN'"><style>* { display: none }</style>
<a href="javascript:top.document.title='RAN'" target=other rel=opener>other</a>
<a href="javascript:top.document.title='RAN'">here</a>
<a href="/desk/" target=_top>top</a> <a href="/desk/">own</a>
<a href="/desk/" target=_blank rel=opener>tab</a>
<form action="/desk/sign-out/" method=post><button>form</button></form>"""


@pytest.mark.usefixtures("unsanitized")
def test_the_copy_runs_nothing_opens_nothing_and_leads_nowhere(
    desk: Page, live_server: LiveServer, ticket: Ticket, problems: Problems
) -> None:
    message = MessageFactory.create(ticket=ticket, html=HOSTILE)
    open_page(desk, live_server, ticket)
    title = desk.title()
    frame_of(desk, message)
    copy = desk.locator(".copy").element_handle().content_frame()
    assert copy is not None

    # As if somebody could click in it.
    copy.frame_element().evaluate("one => { one.inert = false; one.className = 'shown'; }")
    for name in ("other", "here", "top", "tab", "form", "own"):
        copy.get_by_text(name, exact=True).click()
        desk.wait_for_timeout(100)

    assert desk.title() == title
    assert desk.url.endswith(f"/desk/tickets/{ticket.pk}/")
    assert desk.context.pages == [desk]
    # What was refused is said in the console.
    assert problems
    problems.clear()
