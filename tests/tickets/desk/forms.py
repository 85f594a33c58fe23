"""Send the forms of the composer, as a browser without scripts does."""

import re
from html import unescape
from typing import Any

from django.test import Client

from tickets.models import Ticket


def page_of(desk: Client, ticket: Ticket, query: str = "") -> str:
    answer = desk.get(f"/desk/tickets/{ticket.pk}/{query}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def value_of(page: str, name: str, form: str | None = "answer") -> str:
    """Return a hidden field's value in one of the forms, or in the first."""
    start = page.index(f'<form id="{form}"') if form else 0
    found = re.search(rf'name="{name}" value="([^"]*)"', page[start:])
    assert found
    return unescape(found[1])


def text_in(page: str, field: str = "answer-text") -> str:
    found = re.search(rf'<textarea id="{field}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return unescape(found[1])


def post_answer(desk: Client, ticket: Ticket, page: str = "", **fields: Any) -> Any:
    """Send the form of a page; `fields` replace those in it."""
    page = page or page_of(desk, ticket)
    form = {
        "key": value_of(page, "key"),
        "version": value_of(page, "version"),
        "title": value_of(page, "title"),
        "text": "Проверьте бумагу.",
        "send": "",
        **fields,
    }
    return desk.post(f"/desk/tickets/{ticket.pk}/answer/", form)
