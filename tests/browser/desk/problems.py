"""What goes wrong in a browser: errors of scripts, violated policies, failed requests."""

from playwright.sync_api import ConsoleMessage, Page, Response

# What htmx writes of a request that a newer one replaced.
_REPLACED = ("htmx:afterRequest", "htmx:sendAbort")


class Problems(list[str]):
    """The problems of the pages that are watched.

    expected: statuses that a test provokes. is_offline: whether it lets requests fail.
    """

    def __init__(self) -> None:
        super().__init__()
        self.expected: set[int] = set()
        self.is_offline = False

    def watch(self, page: Page) -> None:
        """Listen to a page from now on."""
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("console", self._hear)
        page.on("response", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not self._is_expected(message.text):
            self.append(message.text)

    def _see(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.append(f"{response.status}: {response.url}")

    def _is_expected(self, text: str) -> bool:
        if text.startswith("htmx:sendError") or text.endswith("net::ERR_FAILED"):
            return self.is_offline
        return text.startswith(_REPLACED) or any(
            f"status of {status}" in text or "Response Status Error Code" in text  # htmx
            for status in self.expected
        )
