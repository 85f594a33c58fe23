"""Fixtures for the tests of the desk's pages about tickets."""

import pytest
from django.test import Client

from operators.models import Operator
from tests.factories import MessageFactory, RequesterFactory
from tests.tickets.desk.pages import signed_in
from tickets.models import Ticket


@pytest.fixture
def desk(operator: Operator) -> Client:
    """A browser in which `operator` is signed in."""
    return signed_in(operator)


@pytest.fixture
def ticket(db: None) -> Ticket:
    """A new ticket with one message of its requester."""
    requester = RequesterFactory.create(email="ivan@x.example")
    return MessageFactory.create(ticket__requester=requester, origin={"kind": "person"}).ticket
