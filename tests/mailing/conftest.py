"""Fixtures of the tests of mail."""

import pytest
from django.test import Client

from operators.models import Operator


@pytest.fixture
def admin(supervisor: Operator) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(supervisor)
    return client
