"""Fixtures of the tests of the desk's pages."""

import pytest
from django.test import Client

from operators.models import Operator
from tests.tickets.desk.queue.pages import desk_of


@pytest.fixture
def desk(operator: Operator) -> Client:
    """A browser in which `operator` is signed in."""
    return desk_of(operator)
