"""Read the pages of the desk in tests."""

import re
from html import unescape
from typing import Any

from django.test import Client

from operators.models import Operator


def desk_of(operator: Operator) -> Client:
    """Return a browser in which an operator is signed in, who reads English."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(operator)
    return client


def numbers(answer: Any) -> list[int]:
    """Return the numbers of the tickets in a list, in its order."""
    return [int(number) for number in re.findall(r'<a id="t(\d+)"', answer.content.decode())]


def text_of(answer: Any) -> str:
    """Return what a reader sees of a page, in one line, without what is read out alone."""
    html = re.sub(r"<(script|template|title)\b.*?</\1>", "", answer.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def messages_of(answer: Any) -> list[str]:
    """Return the messages of a page."""
    found = re.findall(r'<p class="message [^"]*">(.*?)</p>', _messages(answer), flags=re.S)
    return [unescape(re.sub(r"<[^>]*>", "", text)) for text in found]


def _messages(answer: Any) -> str:
    html: str = answer.content.decode()
    return html[html.index('id="messages"') : html.index("</div>", html.index('id="messages"'))]
