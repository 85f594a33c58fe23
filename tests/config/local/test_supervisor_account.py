"""The token and the password that `make run` gives its supervisor."""

import pytest
from django.core.management import CommandError
from django.test import Client

from config.local.supervisor_account import SUPERVISOR_ID, complete
from operators.models import Operator, OperatorToken
from tests.factories import OperatorFactory

pytestmark = pytest.mark.django_db


def opens_the_admin(password: str) -> bool:
    client = Client()
    client.post("/admin/login/", {"username": str(SUPERVISOR_ID), "password": password})
    return client.get("/admin/").status_code == 200


def test_the_first_run_makes_a_supervisor_who_can_sign_in() -> None:
    account = complete(token="", password="")

    supervisor = Operator.objects.get()
    assert (supervisor.pk, supervisor.is_supervisor) == (SUPERVISOR_ID, True)
    assert len(account["token"]) == 64
    assert len(account["password"]) >= 20
    assert opens_the_admin(account["password"])


def test_what_works_is_kept() -> None:
    account = complete(token="", password="")

    assert complete(**account) == account
    assert OperatorToken.objects.count() == 1


def test_a_supervisor_of_an_earlier_version_gets_a_password_and_keeps_the_token() -> None:
    token = complete(token="", password="")["token"]
    supervisor = Operator.objects.get()
    supervisor.set_unusable_password()
    supervisor.save()

    account = complete(token=token, password="")

    assert account["token"] == token
    assert opens_the_admin(account["password"])


def test_a_password_that_was_changed_elsewhere_is_replaced_by_one_that_works() -> None:
    account = complete(token="", password="")
    supervisor = Operator.objects.get()
    supervisor.set_password("changed-elsewhere-91")
    supervisor.save()

    replaced = complete(**account)["password"]

    assert replaced != account["password"]
    assert opens_the_admin(replaced)
    assert not opens_the_admin(account["password"])
    assert not opens_the_admin("changed-elsewhere-91")


def test_an_operator_without_a_supervisors_rights_gets_none() -> None:
    OperatorFactory.create(pk=SUPERVISOR_ID)

    with pytest.raises(CommandError):
        complete(token="", password="")

    assert Operator.objects.get().password == ""
