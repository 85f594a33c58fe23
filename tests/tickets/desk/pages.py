"""A browser's calls of the desk, without JavaScript."""

from django.test import Client
from lxml import html  # type: ignore[import-untyped]  # lxml has no types

from operators.models import Operator


def signed_in(operator: Operator, *, language: str = "en") -> Client:
    """Return a client whose session is an operator's."""
    operator.language = language
    operator.save(update_fields=["language"])
    client = Client()
    client.force_login(operator)
    return client


def page_of(client: Client, url: str) -> html.HtmlElement:
    """Return a page, which must be there."""
    answer = client.get(url)
    assert answer.status_code == 200, answer.content[:500]
    return html.fromstring(answer.content.decode())


def text_of(page: html.HtmlElement, element_id: str) -> str:
    """Return the text of an element, with single spaces."""
    return " ".join(page.get_element_by_id(element_id).text_content().split())


def messages_of(page: html.HtmlElement) -> list[str]:
    """Return what the page says of the form before it."""
    return [text.text_content() for text in page.get_element_by_id("messages")]
