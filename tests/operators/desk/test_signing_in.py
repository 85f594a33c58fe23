"""Signing in to the desk and out again."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.test import Client

from operators import services
from operators.authentication import PASSWORD_FAILURES
from operators.models import Operator
from tests.factories import OperatorFactory
from tests.operators.desk.conftest import PASSWORD

SIGN_IN, PROFILE = "/desk/sign-in/", "/desk/profile/"
HERE = {"Origin": "http://testserver", "Accept-Language": "en"}
ELSEWHERE = {"Origin": "https://evil.example", "Accept-Language": "en"}

pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str = "70707", password: str = PASSWORD, **more: str) -> Any:
    form = {"username": name, "password": password, **more}
    return client.post(SIGN_IN, form, headers=HERE)


def is_signed_in(client: Client) -> bool:
    return client.get(PROFILE).status_code == 200


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's form, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


@pytest.mark.parametrize("name", ["70707", "maria@desk.example", " MARIA@DESK.EXAMPLE "])
def test_an_operator_signs_in_by_id_or_address(me: Operator, client: Client, name: str) -> None:
    answer = sign_in(client, name)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("70707", "wrong"),
        ("maria@desk.example", "wrong"),
        ("80808", PASSWORD),
        ("nobody@desk.example", PASSWORD),
        ("maria", PASSWORD),
        ("@", PASSWORD),
    ],
)
def test_the_refusal_does_not_tell_who_exists(
    me: Operator, client: Client, name: str, password: str
) -> None:
    answer = sign_in(client, name, password)

    assert answer.status_code == 403
    page = answer.content.decode()
    assert "No active operator has this id or address and this password." in page
    assert f'value="{name}"' in page
    assert password not in page
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("name", "password"), [("", PASSWORD), ("70707", ""), ("70707\0", PASSWORD)]
)
def test_a_form_without_name_or_password_is_400(
    me: Operator, client: Client, name: str, password: str
) -> None:
    assert sign_in(client, name, password).status_code == 400
    assert not is_signed_in(client)


def test_an_unknown_address_costs_as_many_hashes_as_a_known_one(
    me: Operator, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = type(hashers.get_hasher())
    encode, hashed = hasher.encode, list[str]()

    def count(self: Any, password: str, *given: Any) -> Any:
        hashed.append(password)
        return encode(self, password, *given)

    monkeypatch.setattr(hasher, "encode", count)
    counts = []
    for name in ("maria@desk.example", "nobody@desk.example", "70707", "80808"):
        hashed.clear()
        sign_in(client, name, "wrong")
        counts.append(len(hashed))

    assert counts == [counts[0]] * 4
    assert counts[0] > 0


def test_id_and_address_are_not_two_chances_to_guess(me: Operator, client: Client) -> None:
    for number in range(PASSWORD_FAILURES.failures):
        name = "70707" if number % 2 else "maria@desk.example"
        assert sign_in(client, name, "wrong").status_code == 403

    for name in ("70707", "maria@desk.example", "MARIA@desk.example"):
        answer = sign_in(client, name)
        assert answer.status_code == 429
        assert "Too many failures" in answer.content.decode()
    assert not is_signed_in(client)


def test_who_is_refused_does_not_keep_others_out(me: Operator, client: Client) -> None:
    other = OperatorFactory.create(pk=80808)
    other.set_password(PASSWORD)
    other.save()
    for _ in range(PASSWORD_FAILURES.failures + 1):
        sign_in(client, "70707", "wrong")

    assert sign_in(client, "80808").status_code == 302
    elsewhere = Client(REMOTE_ADDR="127.0.0.2")
    assert sign_in(elsewhere, "70707").status_code == 302


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/desk/tickets/12/?page=2", "/desk/tickets/12/?page=2"),
        ("http://testserver/desk/profile/", "http://testserver/desk/profile/"),
        ("", "/desk/"),
        ("/admin/", "/desk/"),
        ("/desk/../admin/", "/desk/"),
        ("//evil.example/desk/", "/desk/"),
        ("https://evil.example/desk/", "/desk/"),
        ("https:evil.example/desk/", "/desk/"),
        ("http:///evil.example/desk/", "/desk/"),
        ("/\\evil.example/desk/", "/desk/"),
        ("javascript:alert(1)//desk/", "/desk/"),
    ],
)
def test_the_page_that_was_asked_for_comes_next_if_it_is_the_desks(
    me: Operator, client: Client, asked: str, leads_to: str
) -> None:
    answer = sign_in(client, next=asked)

    assert answer.headers["Location"] == leads_to
    assert client.get(SIGN_IN, {"next": asked}).headers["Location"] == leads_to


def test_a_page_leads_to_the_sign_in_and_back(me: Operator, client: Client) -> None:
    asked = client.get("/desk/?queue=mine", headers=HERE)
    page = client.get(asked.headers["Location"], headers=HERE).content.decode()

    assert asked.status_code == 302
    assert hidden_fields(page)["next"] == "/desk/?queue=mine"
    assert sign_in(client, next="/desk/?queue=mine").headers["Location"] == "/desk/?queue=mine"


def test_a_session_of_before_the_sign_in_is_worth_nothing_after_it(
    me: Operator, client: Client
) -> None:
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key or ""
    client.cookies["sessionid"] = planted

    sign_in(client)

    assert client.cookies["sessionid"].value != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert not is_signed_in(thief)


def test_a_deactivated_operator_is_out_at_once(me: Operator, client: Client) -> None:
    OperatorFactory.create(is_supervisor=True)
    sign_in(client)

    services.change_operator(operator_id=me.pk, changes={"is_active": False})

    assert not is_signed_in(client)
    assert sign_in(client).status_code == 403


def test_signing_out_ends_this_session_alone(me: Operator, client: Client) -> None:
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)

    answer = client.post("/desk/sign-out/")

    assert (answer.status_code, answer.headers["Location"]) == (303, SIGN_IN)
    assert not is_signed_in(client)
    assert is_signed_in(elsewhere)


def test_signing_out_everywhere_ends_all_sessions_and_no_token(
    me: Operator, client: Client
) -> None:
    elsewhere = Client()
    _row, token = services.issue_token(operator=me)
    sign_in(client)
    sign_in(elsewhere)

    client.post("/desk/sign-out/", {"everywhere": "1"})

    assert not is_signed_in(client)
    assert not is_signed_in(elsewhere)
    by_token = client.get("/ops/support_ops/me/", headers={"Authorization": f"Token {token}"})
    assert by_token.status_code == 200


def test_signing_out_twice_is_no_error(client: Client) -> None:
    answer = client.post("/desk/sign-out/", {"everywhere": "1"})

    assert (answer.status_code, answer.headers["Location"]) == (303, SIGN_IN)


def test_what_a_stranger_puts_into_the_address_is_text(client: Client) -> None:
    hostile = '"><script>alert(1)</script>'

    shown = client.get(SIGN_IN, {"next": hostile}).content.decode()
    refused = sign_in(client, hostile, "wrong").content.decode()

    assert "<script>alert" not in shown + refused


def test_a_page_is_kept_by_no_shared_cache_and_asked_for_again(
    me: Operator, client: Client
) -> None:
    client.force_login(me)

    answer = client.get(PROFILE)

    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Referrer-Policy"] == "same-origin"
