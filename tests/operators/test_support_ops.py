"""`/ops/support_ops/`: list, show, add and change operators."""

import json
from typing import Any

import pytest
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from operators import services
from operators.models import MAX_OPERATOR_ID, Operator, OperatorToken
from tests.concurrency import at_once
from tests.conftest import client_of
from tests.factories import OperatorFactory
from tests.responses import error_of, fetch_pages

URL = "/ops/support_ops/"


def test_any_operator_lists_the_operators_in_order_of_id(
    api: APIClient, operator: Operator
) -> None:
    OperatorFactory.create(pk=900_002, name="Пётр")
    OperatorFactory.create(pk=900_001, name="Мария", is_supervisor=True, email="m@example.com")

    response = api.get(URL)

    assert response.status_code == 200
    page = response.json()
    assert (page["next"], page["previous"]) == (None, None)
    ids = [row["operator_id"] for row in page["results"]]
    assert ids == [operator.pk, 900_001, 900_002]
    maria = page["results"][1]
    assert maria.pop("date_create").endswith("Z")
    assert maria == {
        "operator_id": 900_001,
        "operator_name": "Мария",
        "email": "m@example.com",
        "is_active": True,
        "is_supervisor": True,
    }


def test_the_pages_hold_every_operator_in_both_orders(api: APIClient) -> None:
    OperatorFactory.create_batch(6)
    ids = list(Operator.objects.order_by("pk").values_list("pk", flat=True))

    up = fetch_pages(api, f"{URL}?page_size=2")
    down = fetch_pages(api, f"{URL}?page_size=2&ordering=-operator_id")

    assert [row["operator_id"] for page in up for row in page["results"]] == ids
    assert [row["operator_id"] for page in down for row in page["results"]] == ids[::-1]
    assert [len(page["results"]) for page in up] == [2, 2, 2, 1]


def test_a_list_of_any_length_needs_three_queries(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    OperatorFactory.create_batch(20)

    with django_assert_num_queries(3):  # the token, its operator's other tokens, the operators
        response = api.get(URL)

    assert len(response.json()["results"]) == 21


def test_a_supervisor_adds_an_operator_who_needs_a_token_to_act(
    supervisor_api: APIClient,
) -> None:
    body = {"operator_id": MAX_OPERATOR_ID, "operator_name": "string"}

    response = supervisor_api.post(URL, body, format="json")

    assert response.status_code == 201
    answer = response.json()
    assert answer.pop("date_create").endswith("Z")
    assert answer == {**body, "email": "", "is_active": True, "is_supervisor": False}
    added = Operator.objects.get(pk=MAX_OPERATOR_ID)
    assert not added.has_usable_password()
    assert not OperatorToken.objects.filter(user=added).exists()
    assert client_of(added).get(URL).status_code == 200


def test_a_supervisor_may_be_added_by_a_supervisor(supervisor_api: APIClient) -> None:
    body = {"operator_id": 5000, "operator_name": "Анна", "is_supervisor": True, "email": "a@b.co"}

    response = supervisor_api.post(URL, body, format="json")

    assert response.status_code == 201
    assert client_of(Operator.objects.get(pk=5000)).get("/mail/inbox/").status_code == 200


def test_an_id_that_exists_is_400_on_operator_id(
    supervisor_api: APIClient, operator: Operator
) -> None:
    body = {"operator_id": operator.pk, "operator_name": "Somebody else"}

    response = supervisor_api.post(URL, body, format="json", HTTP_ACCEPT_LANGUAGE="en")

    error = error_of(response, 400, "invalid")
    problem = f"Operator {operator.pk} exists already; choose another id."
    assert error["fields"] == {"operator_id": [problem]}
    operator.refresh_from_db()
    assert operator.name != "Somebody else"


BAD_IDS: list[Any] = [
    None, "", "abc", "7x", 0, -1, 2**31, 2**63, 10**1000, 1.5, True, [], [7], {}, "\x00", "\ud800",
    "1" * 2000, 1e300,
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_IDS, ids=lambda value: ascii(value)[:20])
def test_a_bad_operator_id_is_400(supervisor_api: APIClient, value: Any) -> None:
    body = json.dumps({"operator_id": value, "operator_name": "Мария"})

    response = supervisor_api.post(URL, body, content_type="application/json")

    assert list(error_of(response, 400, "invalid")["fields"]) == ["operator_id"]
    assert Operator.objects.count() == 1


@pytest.mark.parametrize(
    "value",
    [None, "", "   ", True, [], {}, ["Мария"], "x" * 151, "a\x00b", "\ud800"],
    ids=lambda value: ascii(value)[:20],
)
def test_a_bad_operator_name_is_400(supervisor_api: APIClient, value: Any) -> None:
    body = json.dumps({"operator_id": 5000, "operator_name": value})

    response = supervisor_api.post(URL, body, content_type="application/json")

    assert list(error_of(response, 400, "invalid")["fields"]) == ["operator_name"]
    assert Operator.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", None),
        ("email", "no address"),
        ("email", "a@b.co\nBcc: c@d.co"),
        ("email", "a" * 250 + "@b.co"),
        ("email", 5),
        ("is_supervisor", None),
        ("is_supervisor", "perhaps"),
        ("is_supervisor", []),
        ("is_supervisor", {}),
    ],
)
def test_another_bad_field_is_400(supervisor_api: APIClient, field: str, value: Any) -> None:
    body = {"operator_id": 5000, "operator_name": "Мария", field: value}

    response = supervisor_api.post(URL, body, format="json")

    assert list(error_of(response, 400, "invalid")["fields"]) == [field]
    assert Operator.objects.count() == 1


def test_all_problems_are_reported_at_once(supervisor_api: APIClient) -> None:
    response = supervisor_api.post(URL, {"email": "x"}, format="json", HTTP_ACCEPT_LANGUAGE="en")

    error = error_of(response, 400, "invalid")
    assert error["fields"] == {
        "operator_id": ["This field is required."],
        "operator_name": ["This field is required."],
        "email": ["Enter a valid email address."],
    }
    assert error["message"] == "The request is wrong in: operator_id, operator_name, email."


def test_an_operator_cannot_be_added_deactivated(supervisor_api: APIClient) -> None:
    body = {"operator_id": 5000, "operator_name": "Мария", "is_active": False}

    response = supervisor_api.post(URL, body, format="json")

    assert response.status_code == 201
    assert response.json()["is_active"] is True


@pytest.mark.django_db(transaction=True)
def test_of_ten_additions_of_one_id_at_once_one_succeeds() -> None:
    client_count = 10
    boss = OperatorFactory.create(is_supervisor=True)
    clients = [client_of(boss) for _ in range(client_count)]

    answers = at_once(
        [
            lambda client=client, n=n: client.post(  # type: ignore[misc]  # bound now
                URL, {"operator_id": 5000, "operator_name": f"Operator {n}"}, format="json"
            )
            for n, client in enumerate(clients)
        ]
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 9
    assert Operator.objects.filter(pk=5000).count() == 1


def test_other_violations_are_not_taken_for_an_existing_id(db: None) -> None:
    with pytest.raises(IntegrityError, match="operator_has_a_name"):
        services.add_operator(operator_id=5000, name="")

    assert not Operator.objects.exists()


def test_one_operator_is_shown(api: APIClient, operator: Operator) -> None:
    response = api.get(f"{URL}{operator.pk}/")

    assert response.status_code == 200
    assert response.json()["operator_id"] == operator.pk


@pytest.mark.parametrize("operator_id", [0, 999_999, 2**31, 2**63, 10**40])
def test_an_unknown_operator_is_404(supervisor_api: APIClient, operator_id: int) -> None:
    url = f"{URL}{operator_id}/"

    error_of(supervisor_api.get(url), 404, "not_found")
    # The id is judged before the body.
    error_of(supervisor_api.patch(url, [], format="json"), 404, "not_found")
    error_of(supervisor_api.patch(url, {"operator_name": "x"}, format="json"), 404, "not_found")


def test_a_supervisor_changes_an_operator(supervisor_api: APIClient, operator: Operator) -> None:
    changes = {"operator_name": "Мария Иванова", "email": "m@example.com", "is_supervisor": True}

    response = supervisor_api.patch(f"{URL}{operator.pk}/", changes, format="json")

    assert response.status_code == 200
    assert response.json() == {
        **changes,
        "operator_id": operator.pk,
        "is_active": True,
        "date_create": response.json()["date_create"],
    }
    operator.refresh_from_db()
    assert (operator.name, operator.email) == ("Мария Иванова", "m@example.com")
    assert operator.is_supervisor


def test_a_change_leaves_the_rest_and_the_tokens_alone(
    supervisor_api: APIClient, operator: Operator, api: APIClient
) -> None:
    supervisor_api.patch(f"{URL}{operator.pk}/", {"operator_name": "Мария"}, format="json")

    operator.refresh_from_db()
    assert (operator.name, operator.is_active, operator.is_supervisor) == ("Мария", True, False)
    assert api.get(URL).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "non_field_errors"),
        ({"operator_id": 5}, "non_field_errors"),
        ([], "non_field_errors"),
        ("text", "non_field_errors"),
        (5, "non_field_errors"),
        ({"operator_name": ""}, "operator_name"),
        ({"operator_name": None}, "operator_name"),
        ({"is_active": None}, "is_active"),
        ({"is_active": "maybe"}, "is_active"),
        ({"is_supervisor": [True]}, "is_supervisor"),
        ({"email": "x"}, "email"),
    ],
)
def test_a_bad_change_is_400(
    supervisor_api: APIClient, operator: Operator, body: Any, field: str
) -> None:
    name = operator.name

    response = supervisor_api.patch(f"{URL}{operator.pk}/", body, format="json")

    assert list(error_of(response, 400, "invalid")["fields"]) == [field]
    operator.refresh_from_db()
    assert (operator.name, operator.is_active, operator.is_supervisor) == (name, True, False)


def test_an_operator_cannot_change_even_itself(api: APIClient, operator: Operator) -> None:
    response = api.patch(f"{URL}{operator.pk}/", {"is_supervisor": True}, format="json")

    error_of(response, 403, "permission_denied")
    operator.refresh_from_db()
    assert not operator.is_supervisor


def test_an_operator_does_not_get_the_address_of_another(supervisor_api: APIClient) -> None:
    OperatorFactory.create(pk=5001, email="maria@example.com")
    OperatorFactory.create(pk=5002)
    added = {"operator_id": 5003, "operator_name": "x", "email": "Maria@example.com"}

    answers = [
        supervisor_api.post(URL, added, format="json"),
        supervisor_api.patch(f"{URL}5002/", {"email": "maria@example.com"}, format="json"),
    ]

    for answer in answers:
        assert list(error_of(answer, 400, "invalid")["fields"]) == ["email"]
    assert Operator.objects.filter(email__iexact="maria@example.com").count() == 1
