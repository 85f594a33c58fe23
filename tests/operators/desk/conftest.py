"""An operator with a password, for the tests of the operators' pages."""

import pytest

from operators.models import Operator
from tests.factories import OperatorFactory

PASSWORD = "right-enough-91"


@pytest.fixture
def me(db: None) -> Operator:
    operator = OperatorFactory.create(
        pk=70707, name="Maria", email="Maria@desk.example", language="en"
    )
    operator.set_password(PASSWORD)
    operator.save()
    return operator
