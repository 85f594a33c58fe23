"""Where a form of the desk leads that was refused."""

import pytest
from django.test import Client

from operators.models import Operator

pytestmark = pytest.mark.django_db
REVOKE = "/desk/profile/tokens/00000000-0000-0000-0000-000000000000/revoke/"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://testserver/desk/profile/", "http://testserver/desk/profile/"),
        # Shown again there by a page that asks to send it once more; there is nothing to get.
        (f"http://testserver{REVOKE}", "/desk/"),
        ("https://evil.example/desk/profile/", "/desk/"),
        ("http://testserver/admin/", "/desk/"),
        ("", "/desk/"),
    ],
)
def test_a_refused_form_leads_to_its_page_or_the_queue(
    operator: Operator, before: str, after: str
) -> None:
    client = Client()
    client.force_login(operator)

    answer = client.post(REVOKE, headers={"Referer": before})

    assert (answer.status_code, answer["Location"]) == (303, after)
