"""Read errors and pages out of the API's responses."""

from collections.abc import Collection
from typing import Any


def error_of(
    response: Any, status: int, code: str, *, extra: Collection[str] = ()
) -> dict[str, Any]:
    """Return the error of a response, after checking its status, code and form.

    extra: what it has besides code, message and fields.
    """
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    answer: dict[str, Any] = response.json()
    assert set(answer) == {"error"}
    error: dict[str, Any] = answer["error"]
    assert set(error) == {"code", "message", "fields", *extra}
    assert error["code"] == code
    assert isinstance(error["message"], str)
    assert error["message"]
    assert isinstance(error["fields"], dict)
    for problems in error["fields"].values():
        assert problems
        assert all(isinstance(problem, str) for problem in problems)
    return error


def fetch_pages(client: Any, url: str, *, link: str = "next") -> list[dict[str, Any]]:
    """Follow `next` (or `previous`) to its end and return the pages."""
    pages = []
    following: str | None = url
    while following is not None:
        response = client.get(following)
        assert response.status_code == 200, response.content
        page = response.json()
        assert set(page) == {"next", "previous", "results"}
        pages.append(page)
        assert len(pages) < 100, "the pages never end"
        following = page[link]
    return pages
