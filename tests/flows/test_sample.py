"""`make run SAMPLE=1` fills a desk once, through the webhook and the API."""

from pathlib import Path

import pytest

from config.local.credentials import write_credentials
from config.local.run import supervised
from config.local.sample.desk import Desk
from config.local.sample.fill import fill
from config.local.stack import build

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_sample_has_a_ticket_of_each_kind_and_is_not_doubled(tmp_path: Path) -> None:
    stack = build(tmp_path, port=None, configured={})
    said: list[str] = []

    with supervised(stack) as supervisor:
        supervisor.start()
        fill(stack, supervisor, say=said.append)
        fill(stack, supervisor, say=said.append)
        desk = Desk(stack, supervisor)
        tickets = desk.call(1, "GET", "/requests/user_requests/?page_size=200")["results"]
        answers = desk.call(1, "GET", "/mail/outbox/?page_size=200")["results"]
        tokens = desk.call(1, "GET", "/ops/support_ops/3/tokens/")["results"]
        assert write_credentials(stack).is_file()
    if stack.postgres:
        stack.postgres.discard()

    assert said[-2:] == ["  sample: done", "  sample: its tickets are there already"]
    assert len(tickets) == 34
    assert {ticket["status"] for ticket in tickets} == {"new", "in_progress", "closed"}
    assert sum(ticket["needs_attention"] for ticket in tickets) == 1
    assert sum(bool(ticket["snoozed_until"]) for ticket in tickets) == 2
    assert sum(bool(ticket["merged_into"]) for ticket in tickets) == 1
    states = {mail["state"] for mail in answers if mail["kind"] == "reply"}
    assert states == {"sent", "held", "queued", "bounced"}
    assert tokens == []
