"""Fixtures for the tests of tickets."""

import pytest

from tests.factories import MessageFactory
from tickets.models import Ticket


@pytest.fixture
def ticket(db: None) -> Ticket:
    """A new ticket with one message of its requester."""
    return MessageFactory.create().ticket
