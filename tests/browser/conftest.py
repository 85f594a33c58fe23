"""A headless Chromium that can reach only this machine."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    # Playwright runs an event loop in this thread, where Django would refuse database access.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # Else each sandboxed frame is a process, and the tests of HTML open a thousand frames.
    arguments = ["--disable-features=IsolateSandboxedIframes"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.route("**/*", _this_machine_alone)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


# The last are the browser's own: its viewer of documents.
_THIS_MACHINE = ("http://localhost:", "http://127.0.0.1:", "data:", "blob:", "chrome")


def _this_machine_alone(route: Route) -> None:
    if route.request.url.startswith(_THIS_MACHINE):
        route.continue_()
    else:
        route.abort()
