"""Documents on the page of a ticket, in a browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from config.local.sample.files import pdf
from tests.browser.desk.test_ticket_page import open_page
from tests.factories import MessageFactory
from tests.tickets.desk.test_files_and_html import attach
from tickets.models import Attachment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("files_folder"),
]
SETTLED_MS = 500


@pytest.fixture
def document(transactional_db: None) -> Attachment:
    """A document of one page, all of which is a link to another site."""
    link = b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A << /S /URI /URI "
    content = pdf("Invoice").replace(b"/Contents", link + b"(http://x.example/) >> >>] /Contents")
    (file,) = attach(MessageFactory.create(), **{"invoice.pdf": content})
    return file


def test_a_document_is_previewed_in_place_and_cannot_lead_the_page_away(
    desk: Page,
    live_server: LiveServer,
    document: Attachment,
    violations: Callable[[Page], list[str]],
) -> None:
    open_page(desk, live_server, document.ticket)
    if not desk.evaluate("navigator.pdfViewerEnabled"):
        pytest.skip("this Chromium has no viewer of documents")
    shown = f"{live_server.url}/desk/tickets/{document.ticket_id}/files/{document.pk}/?show"
    asked: list[str] = []
    desk.on(
        "request",
        lambda request: asked.append(request.url) if "/files/" in request.url else None,
    )
    desk.wait_for_timeout(SETTLED_MS)
    assert asked == []  # only when it is wanted

    desk.get_by_text("First page").click()
    for _try in range(50):
        if any(frame.url.startswith("chrome-extension:") for frame in desk.frames):
            break
        desk.wait_for_timeout(100)
    else:
        pytest.fail("The viewer of documents was not loaded.")
    assert asked == [shown]
    assert violations(desk) == []
    with desk.context.expect_page() as opened:
        desk.mouse.click(*middle_of(desk, ".first-page"))

    assert opened.value.url == shown
    desk.wait_for_timeout(SETTLED_MS)
    assert desk.url.endswith(f"/desk/tickets/{document.ticket_id}/")


def test_without_a_viewer_a_document_opens_in_a_tab(
    desk: Page, live_server: LiveServer, document: Attachment
) -> None:
    desk.add_init_script("Object.defineProperty(navigator, 'pdfViewerEnabled', {value: false})")

    open_page(desk, live_server, document.ticket)

    expect(desk.get_by_text("First page")).to_be_hidden()
    expect(desk.get_by_role("link", name="invoice.pdf", exact=True)).to_have_attribute(
        "target", "_blank"
    )


def middle_of(desk: Page, selector: str) -> tuple[float, float]:
    """Return the point in the middle of an element, which need not be what is clicked there."""
    desk.locator(selector).scroll_into_view_if_needed()
    box = desk.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
