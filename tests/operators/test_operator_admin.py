"""Operators in the Django admin: who gets in, and what a change there does."""

import pytest
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.test import Client

from operators.models import Operator, OperatorToken
from tests.conftest import client_of

PASSWORD = "long-and-uncommon-91"
LIST = "/admin/operators/operator/"


def sign_in(client: Client, operator: Operator, password: str = PASSWORD) -> bool:
    """Sign in by the form, as a person does, and tell whether the admin opens."""
    client.post("/admin/login/", {"username": str(operator.pk), "password": password})
    return client.get("/admin/").status_code == 200


@pytest.fixture
def boss(supervisor: Operator) -> Operator:
    supervisor.set_password(PASSWORD)
    supervisor.save()
    return supervisor


@pytest.fixture
def admin(client: Client, boss: Operator) -> Client:
    """A browser in which a supervisor has signed in."""
    assert sign_in(client, boss)
    return client


def test_a_supervisor_signs_in_with_id_and_password(client: Client, boss: Operator) -> None:
    answer = client.post("/admin/login/?next=/admin/", {"username": boss.pk, "password": PASSWORD})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_an_operator_does_not_get_in(client: Client, operator: Operator) -> None:
    operator.set_password(PASSWORD)
    operator.save()

    assert not sign_in(client, operator)
    assert client.get(LIST).status_code == 302


def test_nobody_gets_in_with_a_wrong_password(client: Client, boss: Operator) -> None:
    assert not sign_in(client, boss, "wrong")


def test_nobody_gets_in_without_a_password_of_their_own(
    client: Client, supervisor: Operator
) -> None:
    supervisor.set_unusable_password()
    supervisor.save()

    assert not sign_in(client, supervisor, "")
    assert not sign_in(client, supervisor, supervisor.password)


def test_a_token_opens_no_admin(boss: Operator) -> None:
    assert client_of(boss).get("/admin/").status_code == 302


def test_an_admins_session_opens_no_api(admin: Client) -> None:
    assert admin.get("/requests/user_requests/").status_code == 401


def test_wrong_passwords_are_limited(client: Client, boss: Operator) -> None:
    for _ in range(10):
        assert not sign_in(client, boss, "wrong")

    assert not sign_in(client, boss)


def test_a_password_is_set_by_the_command_that_the_help_names(
    client: Client, supervisor: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda **kwargs: PASSWORD)

    call_command("changepassword", str(supervisor.pk))

    assert sign_in(client, supervisor)


def test_a_session_ends_when_its_supervisor_is_deactivated_or_demoted(
    admin: Client, boss: Operator
) -> None:
    Operator.objects.filter(pk=boss.pk).update(is_supervisor=False)
    demoted = admin.get("/admin/").status_code
    Operator.objects.filter(pk=boss.pk).update(is_supervisor=True, is_active=False)

    assert (demoted, admin.get("/admin/").status_code) == (302, 302)


def test_an_operator_is_added(admin: Client) -> None:
    answer = admin.post(f"{LIST}add/", {"id": "5000", "name": "Мария", "email": "m@example.com"})

    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    added = Operator.objects.get(pk=5000)
    assert (added.name, added.email) == ("Мария", "m@example.com")
    assert (added.is_active, added.is_supervisor) == (True, False)
    assert not added.has_usable_password()


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "", "name": "x"}, {"id": "0", "name": "x"}, {"id": "2147483648", "name": "x"},
        {"id": "9" * 30, "name": "x"}, {"id": "abc", "name": "x"}, {"id": "5000", "name": ""},
        {"id": "5000", "name": "x", "email": "no address"}, {"id": "5000", "name": "x" * 151},
    ],
)  # fmt: skip
def test_a_bad_operator_is_shown_again_with_what_is_wrong(
    admin: Client, fields: dict[str, str]
) -> None:
    answer = admin.post(f"{LIST}add/", fields)

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Operator.objects.count() == 1


def test_an_existing_id_is_not_added_over(admin: Client, boss: Operator) -> None:
    answer = admin.post(f"{LIST}add/", {"id": str(boss.pk), "name": "Somebody else"})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    boss.refresh_from_db()
    assert boss.name != "Somebody else"


def test_an_operator_is_changed_and_keeps_its_id(admin: Client, operator: Operator) -> None:
    fields = {"id": "9999", "name": "Мария", "is_active": "on", "is_supervisor": "on"}

    answer = admin.post(f"{LIST}{operator.pk}/change/", fields)

    assert answer.status_code == 302
    changed = Operator.objects.get(pk=operator.pk)
    assert (changed.name, changed.is_active, changed.is_supervisor) == ("Мария", True, True)
    assert not Operator.objects.filter(pk=9999).exists()


def test_deactivating_in_the_admin_stops_the_tokens(admin: Client, operator: Operator) -> None:
    api = client_of(operator)

    answer = admin.post(f"{LIST}{operator.pk}/change/", {"name": operator.name})

    assert answer.status_code == 302
    assert api.get("/requests/user_requests/").status_code == 401
    assert not OperatorToken.objects.filter(user=operator).exists()


def test_saving_without_a_change_changes_nothing(admin: Client, operator: Operator) -> None:
    client_of(operator)

    answer = admin.post(f"{LIST}{operator.pk}/change/", {"name": operator.name, "is_active": "on"})

    assert answer.status_code == 302
    assert OperatorToken.objects.filter(user=operator).count() == 1


@pytest.mark.parametrize("kept", [{"is_active": "on"}, {"is_supervisor": "on"}])
def test_the_last_supervisor_cannot_be_removed_in_the_admin(
    admin: Client, boss: Operator, kept: dict[str, str]
) -> None:
    url = f"{LIST}{boss.pk}/change/"

    answer = admin.post(url, {"name": "New name", **kept}, headers={"accept-language": "en"})

    assert (answer.status_code, answer.headers["Location"]) == (302, url)
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert told == ["This is the last active supervisor; make somebody else one first."]
    after = Operator.objects.get()
    assert (after.name, after.is_active, after.is_supervisor) == (boss.name, True, True)


def test_operators_are_not_deleted(admin: Client, operator: Operator) -> None:
    page = admin.get(f"{LIST}{operator.pk}/delete/")
    action = admin.post(LIST, {"action": "delete_selected", "_selected_action": [operator.pk]})

    assert page.status_code == 403
    assert action.status_code in {200, 302}
    assert Operator.objects.filter(pk=operator.pk).exists()


@pytest.mark.parametrize(
    "lookup",
    ["password", "password__startswith", "password__regex", "auth_token_set__digest__startswith"],
)
def test_the_list_cannot_be_asked_for_a_hash(admin: Client, lookup: str) -> None:
    answer = admin.get(LIST, {lookup: "md5"})

    assert answer.status_code == 400


def test_the_list_is_filtered_by_its_own_columns(admin: Client) -> None:
    assert admin.get(LIST, {"is_active__exact": "1", "name__startswith": "a"}).status_code == 200
