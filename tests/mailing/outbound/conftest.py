"""Operators who are told of a ticket, and a clock."""

from collections.abc import Iterator

import pytest
import time_machine

from operators.models import Operator
from tests.factories import (
    OperatorFactory,
    RequesterFactory,
)
from tests.mailing.outbound.telling import NINE, held_by
from tickets.models import Ticket


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def anna(db: None) -> Operator:
    return OperatorFactory.create(name="Анна", email="Anna@desk.example")


@pytest.fixture
def boris(db: None) -> Operator:
    return OperatorFactory.create(name="Борис", email="boris@desk.example")


@pytest.fixture
def held(anna: Operator) -> Ticket:
    """A ticket that Anna holds."""
    requester = RequesterFactory.create(email="ivan@example.com", name="Иван")
    return held_by(anna, requester=requester, title="Принтер")
