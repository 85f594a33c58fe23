"""Run a desk with the sample, and take the pictures of docs/desk.md of it with Chromium."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from config.local.credentials import write_credentials
from config.local.errors import LocalError
from config.local.run import supervised
from config.local.sample.fill import fill
from config.local.stack import BASE_DIR, build
from tests.screenshots.pictures import PICTURES, Picture

FOLDER = BASE_DIR / "docs" / "desk"
SETTLED_MS = 400


def main() -> int:
    """Return 0 when all pictures are taken."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("No Chromium on this machine; on Debian: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        stack = build(Path(folder) / "desk", port=None, configured={"LANGUAGE_CODE": "en"})
        try:
            with supervised(stack) as supervisor:
                supervisor.start()
                fill(stack, supervisor, say=print)
                credentials = json.loads(write_credentials(stack).read_text())
                with sync_playwright() as playwright:
                    options = {"executable_path": chromium, "args": ["--no-sandbox"]}
                    browser = playwright.chromium.launch(**options)  # type: ignore[arg-type]  # of two types
                    _take_all(browser, stack.base_url, credentials)
                    browser.close()
        except LocalError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _take_all(browser: Browser, base_url: str, credentials: dict[str, str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        context = browser.new_context(
            viewport={"width": picture.width, "height": picture.height},
            color_scheme="dark" if picture.is_dark else "light",
            locale="ru-RU" if picture.language == "ru" else "en-GB",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        page = context.new_page()
        _sign_in(page, base_url, credentials, picture)
        picture.prepare(page, base_url)
        page.wait_for_timeout(SETTLED_MS)
        path = FOLDER / f"{picture.name}.png"
        page.screenshot(path=path)
        print(f"{path.relative_to(BASE_DIR)} ({path.stat().st_size // 1000} kB)", flush=True)
        context.close()


def _sign_in(page: Page, base_url: str, credentials: dict[str, str], picture: Picture) -> None:
    page.goto(f"{base_url}/desk/sign-in/")
    page.locator("#username").fill(str(credentials["operator_id"]))
    page.locator("#password").fill(credentials["operator_password"])
    page.locator("button[type=submit]").click()
    page.wait_for_url("**/desk/**")
    if picture.language:
        page.goto(f"{base_url}/desk/profile/")
        page.locator("[name=language]").select_option(picture.language)
        page.locator("form:has([name=language]) button[type=submit]").first.click()
        page.wait_for_load_state()


if __name__ == "__main__":
    sys.exit(main())
