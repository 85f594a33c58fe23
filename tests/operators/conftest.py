"""Fixtures for the tests of operators."""

import pytest

from tests.factories import TicketFactory
from tickets.models import Ticket


@pytest.fixture
def ticket(db: None) -> Ticket:
    return TicketFactory.create()
