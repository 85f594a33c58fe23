"""The composer in a browser: what its script does, and that nothing typed is lost."""

import base64
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.browser.desk.problems import Problems
from tests.browser.test_policy import sign_in
from tests.factories import (
    HistoryEntryFactory,
    MessageFactory,
    OperatorFactory,
    ParticipantFactory,
    ReplyTemplateFactory,
)
from tests.sample_files import PNG
from tickets.models import Draft, Message, Status, Ticket
from tickets.note_models import Note

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("files_folder"),
]

GIVE_IMAGE = """([content, how]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "image.png", { type: "image/png" }));
    const event = how === "paste"
        ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
        : new DragEvent("drop", { dataTransfer: data, bubbles: true });
    document.querySelector("#answer-text").dispatchEvent(event);
}"""


@pytest.fixture
def ticket(db: None) -> Ticket:
    message = MessageFactory.create(ticket__requester__email="ivan@x.example")
    ParticipantFactory.create(ticket=message.ticket, email="petr@x.example")
    return message.ticket


@pytest.fixture
def desk(
    page: Page, live_server: LiveServer, operator: Operator, ticket: Ticket, problems: Problems
) -> Page:
    """The ticket's page, with what everybody may write beside it."""
    Operator.objects.update(language="en", signature="Maria")
    OperatorFactory.create(name="Ольга", pk=77000)
    ReplyTemplateFactory.create(name="Greeting", text="Hello {{ requester_name }}!")
    ReplyTemplateFactory.create(name="Reboot", text="Turn it off and on.")
    sign_in(page, live_server, operator)
    page.goto(f"{live_server.url}/desk/tickets/{ticket.pk}/")
    return page


def answers() -> list[Message]:
    return list(Message.objects.filter(sender_type="operator").order_by("pk"))


def saved_draft(page: Page) -> Draft:
    expect(page.locator("[data-status]")).to_have_text(re.compile("Saved"), timeout=10_000)
    return Draft.objects.get()


def test_the_composer_has_no_barriers(desk: Page) -> None:
    for key in ("", "n"):
        if key:
            desk.keyboard.press(key)
        assert Axe().run(desk).response["violations"] == []
        desk.keyboard.press("Escape")


def test_keys_lead_to_answer_and_note_and_out(desk: Page) -> None:
    desk.keyboard.press("n")
    expect(desk.locator("#note-text")).to_be_focused()
    expect(desk.locator("#answer")).to_be_hidden()

    desk.keyboard.press("Escape")
    desk.keyboard.press("r")

    expect(desk.locator("#answer-text")).to_be_focused()
    expect(desk.locator("#note")).to_be_hidden()


def test_a_slash_inserts_a_template(desk: Page) -> None:
    desk.keyboard.press("r")
    desk.keyboard.type("/gr")
    expect(desk.locator("#suggestion-list [role=option]")).to_have_text(["Greeting"])

    desk.keyboard.press("Enter")

    expect(desk.locator("#answer-text")).to_have_value("Hello Иван Петров!")
    assert Axe().run(desk).response["violations"] == []


def test_an_at_sign_mentions_a_colleague(desk: Page) -> None:
    desk.keyboard.press("n")
    desk.keyboard.type("Look @оль")
    desk.keyboard.press("Enter")
    desk.keyboard.type("please")
    desk.keyboard.press("Control+Enter")

    expect(desk.locator("#note-text")).to_have_value("")
    assert Note.objects.get().text == "Look @77000 (Ольга) please"
    expect(desk.locator(".entry.note .text")).to_have_text("Look @Ольга please")

    desk.keyboard.press("Escape")
    desk.keyboard.press("r")
    desk.keyboard.type("/gr")

    expect(desk.locator("#suggestion-list [role=option]")).to_have_text(["Greeting"])


def test_what_is_typed_is_there_after_a_reload(desk: Page, problems: Problems) -> None:
    problems.is_offline = True
    desk.keyboard.press("r")
    desk.keyboard.type("Half a sen")
    assert saved_draft(desk).text == "Half a sen"
    desk.reload()
    expect(desk.locator("#answer-text")).to_have_value("Half a sen")

    desk.route("**/draft/", lambda route: route.abort())
    desk.locator("#answer-text").press("End")
    desk.keyboard.type("tence")
    expect(desk.locator("[data-status]")).to_contain_text("no connection", timeout=10_000)
    desk.unroute("**/draft/")
    with desk.expect_response("**/draft/"):
        desk.reload()

    expect(desk.locator("#answer-text")).to_have_value("Half a sentence")
    assert Draft.objects.get().text == "Half a sentence"


def test_a_note_is_there_after_a_reload(desk: Page) -> None:
    desk.keyboard.press("n")
    desk.keyboard.type("Remember")
    desk.reload()

    desk.keyboard.press("n")

    expect(desk.locator("#note-text")).to_have_value("Remember")


@pytest.mark.parametrize("how", ["paste", "drop"])
def test_an_image_is_pasted_or_dropped_and_sent(desk: Page, how: str) -> None:
    desk.keyboard.press("r")
    desk.keyboard.type("See the image")
    desk.evaluate(GIVE_IMAGE, [base64.b64encode(PNG).decode(), how])
    expect(desk.locator("#answer-files [name=files]")).not_to_have_value("")
    assert len(saved_draft(desk).files) == 1

    desk.keyboard.press("Control+Enter")

    expect(desk.locator("#undo")).to_be_visible()
    (message,) = answers()
    assert [file.name for file in message.attachments.all()] == ["image.png"]


def test_an_answer_is_taken_back_within_ten_seconds(desk: Page) -> None:
    desk.keyboard.press("r")
    desk.keyboard.type("Too quick")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#undo")).to_contain_text("Sending in")
    assert Axe().run(desk).response["violations"] == []

    desk.keyboard.press("z")

    expect(desk.locator("#answer-text")).to_have_value("Too quick")
    expect(desk.locator("#answer-text")).to_be_focused()
    assert OutboundEmail.objects.filter(kind="reply", state="withdrawn").count() == 2
    assert Draft.objects.get().text == "Too quick"


def test_the_composer_follows_the_ticket(desk: Page) -> None:
    desk.keyboard.press("t")
    expect(desk.locator("#close")).to_be_visible()
    desk.keyboard.press("r")
    desk.keyboard.type("Not sent yet")
    desk.keyboard.press("Escape")
    desk.keyboard.press("c")
    expect(desk.locator(".composer-closed")).to_be_visible()
    expect(desk.locator("#answer")).to_have_count(0)

    desk.keyboard.press("o")

    expect(desk.locator("#answer-text")).to_have_value("Not sent yet")


def test_sending_and_closing_waits_in_the_browser(desk: Page, ticket: Ticket) -> None:
    desk.keyboard.press("r")
    desk.keyboard.type("Done")
    desk.get_by_role("button", name="Send and close").click()
    desk.locator("[data-stay]").click()
    expect(desk.locator("#answer-text")).to_have_value("Done")
    assert answers() == []

    desk.get_by_role("button", name="Send and close").click()
    expect(desk.locator("[data-closing]")).to_be_visible()
    expect(desk.locator(".composer-closed")).to_be_visible(timeout=20_000)

    assert len(answers()) == 1
    ticket.refresh_from_db()
    assert ticket.status == Status.CLOSED


def test_leaving_the_page_sends_and_closes_at_once(desk: Page, live_server: LiveServer) -> None:
    desk.keyboard.press("r")
    desk.keyboard.type("Done")
    desk.get_by_role("button", name="Send and close").click()
    expect(desk.locator("[data-closing]")).to_be_visible()

    desk.goto(f"{live_server.url}/desk/templates/")

    for _try in range(50):
        if answers():
            break
        desk.wait_for_timeout(100)
    assert Ticket.objects.get().status == Status.CLOSED


def test_a_double_click_sends_once(desk: Page) -> None:
    desk.keyboard.press("r")
    desk.keyboard.type("Once")

    desk.locator("[data-send]", has_text="Send").first.dblclick()

    expect(desk.locator("#undo")).to_be_visible()
    assert len(answers()) == 1


def test_a_lost_answer_is_sent_again_and_not_twice(desk: Page, problems: Problems) -> None:
    problems.is_offline = True

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    desk.route("**/answer/", lose)
    desk.keyboard.press("r")
    desk.keyboard.type("Once")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#messages")).to_contain_text("does not answer")
    expect(desk.locator("#answer-text")).to_have_value("Once")
    desk.unroute("**/answer/")

    desk.keyboard.press("Control+Enter")

    expect(desk.locator("#answer-text")).to_have_value("")
    assert len(answers()) == 1


def test_who_is_signed_out_keeps_the_text_and_sends_it_later(
    desk: Page, live_server: LiveServer, operator: Operator, problems: Problems
) -> None:
    problems.expected = {401}
    desk.keyboard.press("r")
    desk.keyboard.type("Do not lose me")
    desk.context.clear_cookies()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#messages")).to_contain_text("signed out")
    expect(desk.locator("#answer-text")).to_have_value("Do not lose me")

    sign_in(desk, live_server, operator)
    desk.goto(desk.url)
    expect(desk.locator("#answer-text")).to_have_value("Do not lose me")
    desk.locator("#answer-text").press("Control+Enter")

    expect(desk.locator("#undo")).to_be_visible()
    assert [message.text for message in answers()] == ["Do not lose me"]


def test_a_message_that_came_meanwhile_is_asked_about(desk: Page, ticket: Ticket) -> None:
    desk.keyboard.press("r")
    desk.keyboard.type("Is it solved?")
    message = MessageFactory.create(ticket=ticket, text="It works again <script>x</script>")
    Ticket.objects.update(version=2)
    HistoryEntryFactory.create(ticket=ticket, message=message, version=2)

    desk.keyboard.press("Control+Enter")

    expect(desk.locator("#missed")).to_be_focused()
    expect(desk.locator("#missed")).to_contain_text("It works again <script>x</script>")
    expect(desk.locator("#answer-text")).to_have_value("Is it solved?")
    assert Axe().run(desk).response["violations"] == []
    desk.get_by_role("button", name="Send anyway").click()
    expect(desk.locator("#undo")).to_be_visible()
    assert [answer.text for answer in answers()] == ["Is it solved?"]


def test_a_preview_shows_the_markup(desk: Page) -> None:
    desk.keyboard.press("r")
    desk.keyboard.type("**Bold** and <b>not</b>")

    desk.get_by_role("button", name="Preview").click()

    expect(desk.locator("#preview strong")).to_have_text("Bold")
    expect(desk.locator("#preview")).to_contain_text("<b>not</b>")
    expect(desk.locator("#answer-text")).to_have_value("**Bold** and <b>not</b>")
