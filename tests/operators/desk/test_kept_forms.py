"""Forms that are sent after the session has ended, or with an old token, are kept."""

import html

import pytest
from django.test import Client

from operators.models import Operator
from tests.operators.desk.conftest import PASSWORD
from tests.operators.desk.test_signing_in import (
    ELSEWHERE,
    HERE,
    PROFILE,
    SIGN_IN,
    hidden_fields,
    is_signed_in,
    sign_in,
)

pytestmark = pytest.mark.django_db


def test_a_form_that_is_sent_after_the_session_has_ended_is_kept_and_sent_later(
    me: Operator, client: Client
) -> None:
    form = {"operator_name": 'Мария "Masha" <b>', "language": "en", "notices.message": "on"}

    asked = client.post(PROFILE, form, headers=HERE)
    kept = hidden_fields(asked.content.decode())
    wrong = sign_in(client, "70707", "wrong", **kept)
    kept = hidden_fields(wrong.content.decode())
    offered = sign_in(client, "70707", PASSWORD, **kept)

    page = offered.content.decode()
    assert (asked.status_code, wrong.status_code, offered.status_code) == (401, 403, 200)
    assert f'action="{PROFILE}"' in page
    me.refresh_from_db()
    assert me.name != form["operator_name"]
    sent = client.post(PROFILE, hidden_fields(page), headers=HERE)
    me.refresh_from_db()
    assert sent.status_code == 303
    assert me.name == form["operator_name"]
    assert me.notices == {
        "assigned": False, "delivery": False, "mention": False, "new_request": False
    }  # fmt: skip


def test_a_form_with_the_longest_answer_is_kept(me: Operator, client: Client) -> None:
    form = {"text": 'Слово "ещё"\r\n' * 7_600}  # 98,800 characters

    asked = client.post("/desk/tickets/1/answer/", form, headers=HERE)
    offered = sign_in(client, **hidden_fields(asked.content.decode()))

    assert (asked.status_code, offered.status_code) == (401, 200)
    assert html.escape(form["text"][:-2]) in offered.content.decode()


def test_a_form_of_another_site_is_not_kept(me: Operator, client: Client) -> None:
    answer = client.post(PROFILE, {"operator_name": "Mallory"}, headers=ELSEWHERE)

    assert answer.status_code == 401
    assert "Mallory" not in answer.content.decode()


def test_a_password_is_in_no_kept_form(me: Operator, client: Client) -> None:
    form = {"old_password": "old-secret-1", "new_password1": "new-secret-2", "x": "kept"}

    page = client.post(f"{PROFILE}password/", form, headers=HERE).content.decode()

    assert "kept" in page
    assert "secret" not in page


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/desk/",
        "/admin/",
        "//evil.example/desk/",
        "/desk/\\x",
        "/desk/../admin/",
        "/desk/.%2E/admin/",
    ],
)
def test_a_kept_form_goes_to_the_desk_alone(me: Operator, client: Client, path: str) -> None:
    answer = sign_in(client, kept_path=path, kept_fields='{"a": ["b"]}')

    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")


def test_a_sign_in_without_its_csrf_token_keeps_what_was_typed(me: Operator) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = sign_in(client, kept_path=PROFILE, kept_fields='{"a": ["b"]}', next="/desk/x/")

    page = answer.content.decode()
    fields = hidden_fields(page)
    assert answer.status_code == 403
    assert "Enter your password again." in page
    assert 'value="70707"' in page
    assert (fields["kept_path"], fields["next"]) == (PROFILE, "/desk/x/")
    assert not is_signed_in(client)
    again = sign_in(client, csrfmiddlewaretoken=fields["csrfmiddlewaretoken"])
    assert again.status_code == 302


def test_a_sign_in_from_another_site_keeps_no_form(me: Operator) -> None:
    client = Client(enforce_csrf_checks=True)
    form = {"username": "70707", "password": PASSWORD}
    kept = {"kept_path": PROFILE, "kept_fields": '{"operator_name": ["Mallory"]}'}

    answer = client.post(SIGN_IN, {**form, **kept}, headers=ELSEWHERE)

    assert answer.status_code == 403
    assert "Mallory" not in answer.content.decode()
    assert not is_signed_in(client)


def test_a_form_with_an_old_token_is_shown_to_be_sent_again(me: Operator) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(me)

    answer = client.post(PROFILE, {"operator_name": "Masha", "language": "en"}, headers=HERE)

    fields = hidden_fields(answer.content.decode())
    assert answer.status_code == 403
    assert fields["operator_name"] == "Masha"
    assert client.post(PROFILE, fields, headers=HERE).status_code == 303
    me.refresh_from_db()
    assert me.name == "Masha"


def test_htmx_is_told_and_keeps_its_page(me: Operator, client: Client) -> None:
    htmx = {**HERE, "HX-Request": "true"}
    signed_in = Client(enforce_csrf_checks=True)
    signed_in.force_login(me)

    assert client.post(PROFILE, {}, headers=htmx).status_code == 401
    renewed = signed_in.post(PROFILE, {}, headers=htmx)

    assert renewed.status_code == 403
    token = renewed.headers["Desk-CSRF-Token"]
    form = {"operator_name": "Masha", "language": "en", "csrfmiddlewaretoken": token}
    assert signed_in.post(PROFILE, form, headers=HERE).status_code == 303
