"""Which pictures there are, and what is done before each is taken."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture: its file's name, how to get to what it shows, and the browser's window."""

    name: str
    prepare: Callable[[Page, str], None]
    width: int = 1440
    height: int = 900
    is_dark: bool = False
    language: str = "en"


def _queue(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/desk/?queue=open")
    page.keyboard.press("j")


def _ticket(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/desk/?queue=all&search=ledgers")
    page.locator("#list a[id^=t]").first.click()
    page.locator("#composer").wait_for()


def _answer(page: Page, base_url: str) -> None:
    _ticket(page, base_url)
    page.keyboard.press("r")
    page.keyboard.type(
        "Hello Tom,\n\nthe address of your auditor **bounces**. Please check:\n\n- the spelling\n- "
    )


def _search(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/desk/?search=printer")


def _shortcuts(page: Page, base_url: str) -> None:
    _queue(page, base_url)
    page.keyboard.press("?")


def _profile(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/desk/profile/")


PICTURES = [
    Picture(name="queue", prepare=_queue),
    Picture(name="ticket", prepare=_ticket),
    Picture(name="answer", prepare=_answer),
    Picture(name="search", prepare=_search),
    Picture(name="shortcuts", prepare=_shortcuts),
    Picture(name="profile", prepare=_profile),
    Picture(name="queue-dark-ru", prepare=_queue, is_dark=True, language="ru"),
    Picture(name="queue-phone", prepare=_queue, width=390, height=844),
    Picture(name="ticket-phone", prepare=_ticket, is_dark=True, width=390, height=844),
]
