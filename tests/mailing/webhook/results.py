"""A webhook call's results."""

from typing import Any

from tests.mail import build_mail
from tests.webhook import post_to_webhook

RAW = build_mail()
# The error of a message whose bytes cannot be decoded.
BAD_RAW = "raw: must be the base64url of the message's bytes."


def results(content: Any) -> list[dict[str, str]]:
    """Post a call that is accepted, and return the results of its messages."""
    answer = post_to_webhook(content)
    assert answer.status_code == 202, answer.content
    found: list[dict[str, str]] = answer.json()["results"]
    return found
