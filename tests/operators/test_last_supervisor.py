"""One active supervisor always remains."""

import pytest
from django.http import Http404
from rest_framework.test import APIClient

from operators import services
from operators.exceptions import LastSupervisor
from operators.models import Operator, OperatorToken
from tests.concurrency import at_once
from tests.conftest import client_of
from tests.factories import OperatorFactory
from tests.responses import error_of


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_supervisor": False}])
def test_the_last_supervisor_cannot_be_removed(
    supervisor_api: APIClient, supervisor: Operator, change: dict[str, bool]
) -> None:
    OperatorFactory.create(is_supervisor=True, is_active=False)
    OperatorFactory.create()

    response = supervisor_api.patch(
        f"/ops/support_ops/{supervisor.pk}/", change, format="json", HTTP_ACCEPT_LANGUAGE="en"
    )

    error = error_of(response, 409, "last_supervisor")
    assert error["message"] == ("This is the last active supervisor; make somebody else one first.")
    supervisor.refresh_from_db()
    assert (supervisor.is_active, supervisor.is_supervisor) == (True, True)
    assert OperatorToken.objects.filter(user=supervisor).count() == 1


def test_one_of_two_supervisors_can_be_removed(
    supervisor_api: APIClient, supervisor: Operator
) -> None:
    other = OperatorFactory.create(is_supervisor=True)

    response = supervisor_api.patch(
        f"/ops/support_ops/{supervisor.pk}/", {"is_active": False}, format="json"
    )

    assert response.status_code == 200
    assert list(Operator.objects.filter(is_active=True, is_supervisor=True)) == [other]


def test_the_last_supervisor_can_be_renamed(
    supervisor_api: APIClient, supervisor: Operator
) -> None:
    response = supervisor_api.patch(
        f"/ops/support_ops/{supervisor.pk}/", {"operator_name": "Анна"}, format="json"
    )

    assert response.status_code == 200
    supervisor.refresh_from_db()
    assert supervisor.name == "Анна"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [{"is_active": False}, {"is_supervisor": False}])
def test_supervisors_who_remove_each_other_at_once_leave_one(change: dict[str, bool]) -> None:
    supervisors = OperatorFactory.create_batch(5, is_supervisor=True)
    clients = [client_of(supervisor) for supervisor in supervisors]
    targets = supervisors[1:] + supervisors[:1]

    answers = at_once(
        [
            lambda client=client, target=target: client.patch(  # type: ignore[misc]  # bound now
                f"/ops/support_ops/{target.pk}/", change, format="json"
            )
            for client, target in zip(clients, targets, strict=True)
        ]
    )

    # Whoever was removed before its call came is refused before the rule is asked.
    assert {answer.status_code for answer in answers} <= {200, 401, 403, 409}
    assert Operator.objects.filter(is_active=True, is_supervisor=True).count() >= 1


@pytest.mark.django_db(transaction=True)
def test_two_supervisors_removed_at_once_leave_one() -> None:
    pair = OperatorFactory.create_batch(2, is_supervisor=True)

    def remove(pk: int) -> bool:
        try:
            services.change_operator(operator_id=pk, changes={"is_active": False})
        except LastSupervisor:
            return False
        return True

    removed = at_once([lambda pk=supervisor.pk: remove(pk) for supervisor in pair])  # type: ignore[misc]  # bound now

    assert sorted(removed) == [False, True]
    assert Operator.objects.filter(is_active=True, is_supervisor=True).count() == 1


def test_an_unknown_operator_is_not_taken_for_the_last_supervisor(supervisor: Operator) -> None:
    with pytest.raises(Http404):
        services.change_operator(operator_id=supervisor.pk + 1, changes={"is_active": False})
