"""Read pages over HTTP with cookies and without scripts, and follow the links of the admin."""

import re
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener


class Browser:
    """Reads pages, with cookies."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def read(self, path: str, form: dict[str, str] | None = None) -> str:
        """Return a page, or what a form that is sent to it answers."""
        url = f"{self._base_url}{path}"
        content = urlencode(form).encode() if form else None
        request = Request(url, content, {"Referer": url})  # noqa: S310 - our own address
        try:
            with self._opener.open(request, timeout=30) as response:
                return str(response.read().decode())
        except HTTPError as error:
            return str(error.read().decode())

    def read_all(self, start: str) -> dict[str, str]:
        """Return the pages of the admin that links lead to from a page, by their paths."""
        waiting, pages = [start], {}
        while waiting:
            path = waiting.pop()
            pages[path] = self.read(path)
            links = re.findall(r'href="(/admin/[^"#]*)"', pages[path])
            waiting += [
                link
                for link in dict.fromkeys(links)
                if link not in pages
                and link not in waiting
                and not re.search("logout|jsi18n|\\?", link)
            ]
        return pages
