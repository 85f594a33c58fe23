"""The operator's own page of the desk."""

import re
from typing import Any

import pytest
from django.test import Client

from operators import services
from operators.models import Operator, OperatorToken
from tests.factories import OperatorFactory
from tests.operators.desk.conftest import PASSWORD
from tests.responses import error_of

PROFILE = "/desk/profile/"
OLD, NEW = PASSWORD, "a-new-password-8"
FORM = {
    "operator_name": "Мария",
    "email": "maria@desk.example",
    "language": "en",
    "signature": "Мария\r\nПоддержка",
    "notices.message": "on",
    "notices.mention": "on",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(me: Operator) -> Client:
    client = Client()
    client.force_login(me)
    return client


def followed(client: Client, path: str, form: dict[str, Any] | None = None) -> str:
    """Post a form, follow its redirect to the profile, and return the page."""
    answer = client.post(path, form or {})
    assert (answer.status_code, answer.headers["Location"]) == (303, PROFILE)
    return client.get(PROFILE).content.decode()


def test_the_page_shows_the_profile(client: Client, me: Operator) -> None:
    services.change_profile(operator_id=me.pk, changes={"notices": {"mention": False}})

    page = client.get(PROFILE).content.decode()

    assert 'value="Maria"' in page
    assert 'value="Maria@desk.example"' in page
    assert '<option value="en" lang="en" selected>English' in page
    assert 'name="notices.message" checked' in page
    assert 'name="notices.mention">' in page


def test_a_saved_profile_has_what_the_form_had(client: Client, me: Operator) -> None:
    page = followed(client, PROFILE, FORM)

    me.refresh_from_db()
    assert (me.name, me.email, me.language) == ("Мария", "maria@desk.example", "en")
    assert me.signature == "Мария\nПоддержка"
    assert me.notices == {"assigned": False, "delivery": False, "new_request": False}
    assert "Your profile is saved." in page


def test_all_notices_can_be_switched_off(client: Client, me: Operator) -> None:
    followed(client, PROFILE, {key: FORM[key] for key in FORM if "notices" not in key})

    me.refresh_from_db()
    assert set(me.notices.values()) == {False}
    assert len(me.notices) == 5


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_next_page_is_in_the_language_that_was_chosen(client: Client, language: str) -> None:
    page = followed(client, PROFILE, {**FORM, "language": language})

    assert f'<html lang="{language}">' in page


def test_without_a_language_the_page_is_in_the_browsers(client: Client) -> None:
    client.post(PROFILE, {**FORM, "language": ""})

    for language in ("ru", "en"):
        page = client.get(PROFILE, headers={"Accept-Language": language}).content.decode()
        assert f'<html lang="{language}">' in page


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("operator_name", "", "This field may not be blank."),
        ("operator_name", "x" * 151, "no more than 150 characters"),
        ("email", "nobody", "Enter a valid email address."),
        ("email", "OTHER@desk.example", "Another operator has this address."),
        ("email", "desk@servicedesk.example", "an address of this desk itself"),
        ("language", "fr", "is not a valid choice"),
        ("signature", "x" * 2001, "no more than 2000 characters"),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(
    client: Client, me: Operator, field: str, value: str, problem: str
) -> None:
    OperatorFactory.create(email="other@desk.example")
    before = Operator.objects.values().get(pk=me.pk)
    form = {**FORM, "signature": "typed <b>by hand</b>", field: value}

    answer = client.post(PROFILE, form)

    page = answer.content.decode()
    assert answer.status_code == 400
    (shown,) = re.findall(rf'id="{field}-error">([^<]*)<', page)
    assert problem in shown
    assert 'aria-invalid="true"' in page
    if field != "signature":
        assert "typed &lt;b&gt;by hand&lt;/b&gt;" in page
    assert 'name="notices.message" checked' in page
    assert 'name="notices.delivery">' in page
    assert Operator.objects.values().get(pk=me.pk) == before


def test_rights_cannot_be_changed_by_the_form(client: Client, me: Operator) -> None:
    followed(client, PROFILE, {**FORM, "is_supervisor": "true", "operator_id": "1", "pk": "1"})

    me.refresh_from_db()
    assert not me.is_supervisor
    assert Operator.objects.count() == 1


def test_a_name_of_markup_is_text(client: Client, me: Operator) -> None:
    Operator.objects.filter(pk=me.pk).update(name="<script>alert(1)</script>")

    page = client.get(PROFILE).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_another_password_keeps_this_session_and_ends_the_others(
    client: Client, me: Operator
) -> None:
    elsewhere = Client()
    elsewhere.force_login(me)
    services.issue_token(operator=me)

    page = followed(
        client,
        f"{PROFILE}password/",
        {"old_password": OLD, "new_password1": NEW, "new_password2": NEW},
    )

    me.refresh_from_db()
    assert me.check_password(NEW)
    assert "Your password is changed." in page
    assert elsewhere.get(PROFILE).status_code == 302
    assert OperatorToken.objects.count() == 1


@pytest.mark.parametrize(
    ("old", "new", "again", "field"),
    [
        ("wrong", NEW, NEW, "old_password"),
        (OLD, NEW, "another-9-password", "new_password2"),
        (OLD, "short", "short", "new_password2"),
        (OLD, "1234567890123", "1234567890123", "new_password2"),
        (OLD, "", "", "new_password1"),
    ],
)
def test_a_password_that_will_not_do_is_explained_at_its_field(
    client: Client, me: Operator, old: str, new: str, again: str, field: str
) -> None:
    form = {"old_password": old, "new_password1": new, "new_password2": again}

    answer = client.post(f"{PROFILE}password/", form)

    page = answer.content.decode()
    me.refresh_from_db()
    assert answer.status_code == 400
    assert f'id="{field}-error"' in page
    assert me.check_password(OLD)
    assert OLD not in page
    assert NEW not in page


def test_the_old_password_cannot_be_guessed_at_an_open_desk(client: Client, me: Operator) -> None:
    wrong = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    for _ in range(10):
        assert client.post(f"{PROFILE}password/", wrong).status_code == 400

    answer = client.post(f"{PROFILE}password/", {**wrong, "old_password": OLD})

    me.refresh_from_db()
    assert answer.status_code == 303
    assert "Too many failures" in client.get(PROFILE).content.decode()
    assert me.check_password(OLD)


def test_a_new_token_is_shown_once_and_works(client: Client, me: Operator) -> None:
    answer = client.post(f"{PROFILE}tokens/")

    page = answer.content.decode()
    (text,) = re.findall(r'id="issued" value="([0-9a-f]{64})"', page)
    assert answer.status_code == 201
    assert "no-store" in answer.headers["Cache-Control"]
    assert (
        Client()
        .get("/ops/support_ops/me/", headers={"Authorization": f"Token {text}"})
        .json()["operator_id"]
        == me.pk
    )
    assert text not in client.get(PROFILE).content.decode()


def test_the_page_lists_the_own_tokens_alone(client: Client, me: Operator) -> None:
    mine, _text = services.issue_token(operator=me)
    other, _text = services.issue_token(operator=OperatorFactory.create())

    page = client.get(PROFILE).content.decode()

    assert str(mine.token_id) in page
    assert str(other.token_id) not in page
    assert mine.digest not in page


def test_a_revoked_token_ends_at_once(client: Client, me: Operator) -> None:
    row, text = services.issue_token(operator=me)

    page = followed(client, f"{PROFILE}tokens/{row.token_id}/revoke/")

    answer = Client().get("/ops/support_ops/me/", headers={"Authorization": f"Token {text}"})
    error_of(answer, 401, "authentication_failed")
    assert "The token is revoked." in page
    assert "You have none." in page


def test_a_token_of_another_operator_stays(client: Client) -> None:
    row, _text = services.issue_token(operator=OperatorFactory.create())

    answer = client.post(f"{PROFILE}tokens/{row.token_id}/revoke/")

    assert answer.status_code == 303
    assert "Not found." in client.get("/desk/profile/").content.decode()
    assert OperatorToken.objects.filter(pk=row.pk).exists()


def test_the_page_needs_the_same_statements_for_one_token_and_for_many(
    client: Client, me: Operator, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        services.issue_token(operator=me)

    with django_assert_max_num_queries(3):  # session, operator, tokens
        client.get(PROFILE)
