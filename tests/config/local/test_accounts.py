"""The tokens and the password that `make run` gives its supervisor and its operator."""

import pytest
from django.core.management import CommandError
from django.test import Client

from config.local.accounts import OPERATOR_ID, SUPERVISOR_ID, complete
from operators.exceptions import OperatorInactive
from operators.models import Operator, OperatorToken
from tests.factories import OperatorFactory

pytestmark = pytest.mark.django_db


def opens_the_admin(password: str) -> bool:
    client = Client()
    client.post("/admin/login/", {"username": str(SUPERVISOR_ID), "password": password})
    return client.get("/admin/").status_code == 200


def opens_the_desk(name: str, password: str) -> bool:
    client = Client()
    client.post("/desk/sign-in/", {"username": name, "password": password})
    return client.get("/desk/profile/").status_code == 200


def test_the_first_run_makes_a_supervisor_who_can_sign_in_and_an_operator() -> None:
    account = complete({})

    supervisor = Operator.objects.get(pk=SUPERVISOR_ID)
    operator = Operator.objects.exclude(pk=SUPERVISOR_ID).get()
    assert supervisor.is_supervisor
    assert (operator.pk, operator.is_supervisor) == (OPERATOR_ID, False)
    assert len(account["supervisor_token"]) == len(account["operator_token"]) == 64
    assert len(account["supervisor_password"]) >= 20
    assert opens_the_admin(account["supervisor_password"])
    assert opens_the_desk(str(OPERATOR_ID), account["operator_password"])
    assert (account["supervisor_email"], account["operator_email"]) == ("", "")


def test_an_operator_with_an_address_can_sign_in_by_it() -> None:
    OperatorFactory.create(pk=OPERATOR_ID, email="maria@desk.example")

    account = complete({})

    assert account["operator_email"] == "maria@desk.example"
    assert opens_the_desk("maria@desk.example", account["operator_password"])


def test_what_works_is_kept() -> None:
    account = complete({})

    assert complete(account) == account
    assert OperatorToken.objects.count() == 2


def test_a_supervisor_of_an_earlier_version_gets_a_password_and_keeps_the_token() -> None:
    token = complete({})["supervisor_token"]
    supervisor = Operator.objects.get(pk=SUPERVISOR_ID)
    supervisor.set_unusable_password()
    supervisor.save()

    account = complete({"supervisor_token": token})

    assert account["supervisor_token"] == token
    assert opens_the_admin(account["supervisor_password"])


def test_a_password_that_was_changed_elsewhere_is_replaced_by_one_that_works() -> None:
    account = complete({})
    supervisor = Operator.objects.get(pk=SUPERVISOR_ID)
    supervisor.set_password("changed-elsewhere-91")
    supervisor.save()

    replaced = complete(account)["supervisor_password"]

    assert replaced != account["supervisor_password"]
    assert opens_the_admin(replaced)
    assert not opens_the_admin(account["supervisor_password"])
    assert not opens_the_admin("changed-elsewhere-91")


def test_a_password_in_a_configured_database_is_not_replaced() -> None:
    account = complete({}, owns_database=False)
    assert opens_the_admin(account["supervisor_password"])  # nobody had set one
    supervisor = Operator.objects.get(pk=SUPERVISOR_ID)
    supervisor.set_password("changed-elsewhere-91")
    supervisor.save()

    operator = Operator.objects.get(pk=OPERATOR_ID)
    operator.set_password("changed-elsewhere-92")
    operator.save()

    completed = complete(account, owns_database=False)

    assert (completed["supervisor_password"], completed["operator_password"]) == ("", "")
    assert opens_the_desk(str(OPERATOR_ID), "changed-elsewhere-92")
    assert opens_the_admin("changed-elsewhere-91")


def test_an_operator_without_a_supervisors_rights_gets_none() -> None:
    OperatorFactory.create(pk=SUPERVISOR_ID)

    with pytest.raises(CommandError):
        complete({})

    assert Operator.objects.get().password == ""


def test_a_revoked_token_is_replaced() -> None:
    account = complete({})
    OperatorToken.objects.filter(user=OPERATOR_ID).delete()

    replaced = complete(account)

    assert replaced["operator_token"] != account["operator_token"]
    assert replaced["supervisor_token"] == account["supervisor_token"]


def test_a_token_of_another_operator_is_replaced() -> None:
    account = complete({})

    replaced = complete({**account, "supervisor_token": account["operator_token"]})

    assert replaced["supervisor_token"] not in (
        account["supervisor_token"],
        account["operator_token"],
    )


def test_a_deactivated_operator_gets_no_token() -> None:
    OperatorFactory.create(pk=OPERATOR_ID, is_active=False)

    with pytest.raises(OperatorInactive):
        complete({})
