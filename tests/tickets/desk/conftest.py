"""Fixtures for the tests of the desk's pages about tickets."""

import pytest
from django.test import Client

from operators.models import Operator
from tests.tickets.desk.pages import signed_in


@pytest.fixture
def desk(operator: Operator) -> Client:
    """A browser in which `operator` is signed in."""
    return signed_in(operator)
