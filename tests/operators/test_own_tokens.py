"""`/ops/support_ops/me/tokens/`: operators issue and revoke their own API tokens."""

from functools import partial

import pytest
from rest_framework.test import APIClient

from operators import services
from operators.models import IdempotencyKey, Operator, OperatorToken
from tests.conftest import client_of
from tests.factories import OperatorFactory
from tests.responses import error_of

MINE = "/ops/support_ops/me/tokens/"

pytestmark = pytest.mark.django_db


def test_an_operator_issues_a_token_of_their_own_which_works(
    api: APIClient, operator: Operator
) -> None:
    answer = api.post(MINE)

    assert answer.status_code == 201
    issued = answer.json()
    assert set(issued) == {"token_id", "token", "date_create", "expires_at"}
    assert OperatorToken.objects.get(token_id=issued["token_id"]).user == operator
    assert APIClient(HTTP_AUTHORIZATION=f"Token {issued['token']}").get(MINE).status_code == 200


def test_the_list_has_the_own_tokens_alone_without_their_texts(
    api: APIClient, operator: Operator
) -> None:
    services.issue_token(operator=OperatorFactory.create())
    issued = api.post(MINE).json()

    answer = api.get(MINE)

    tokens = answer.json()["results"]
    assert {token["token_id"] for token in tokens} == {
        str(token.token_id) for token in OperatorToken.objects.filter(user=operator)
    }
    assert set(tokens[0]) == {"token_id", "date_create", "expires_at"}
    assert issued["token"] not in answer.content.decode()


def test_a_revoked_token_stops_at_once_and_the_others_go_on(
    api: APIClient, operator: Operator
) -> None:
    row, text = services.issue_token(operator=operator)

    answer = api.delete(f"{MINE}{row.token_id}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert APIClient(HTTP_AUTHORIZATION=f"Token {text}").get(MINE).status_code == 401
    assert api.get(MINE).status_code == 200
    error_of(api.delete(f"{MINE}{row.token_id}/"), 404, "not_found")


def test_a_token_of_another_operator_is_404_also_for_a_supervisor(api: APIClient) -> None:
    other = OperatorFactory.create()
    boss = client_of(OperatorFactory.create(is_supervisor=True))
    row, _text = services.issue_token(operator=other)

    for client in (api, boss):
        error_of(client.delete(f"{MINE}{row.token_id}/"), 404, "not_found")

    assert OperatorToken.objects.filter(user=other).count() == 1


def test_under_a_key_one_token_is_issued_and_its_text_not_kept(
    api: APIClient, operator: Operator
) -> None:
    issue = partial(api.post, MINE, headers={"Idempotency-Key": "one"})

    first, second = issue(), issue()

    assert first.status_code == 201
    error_of(second, 409, "token_is_issued")
    assert OperatorToken.objects.filter(user=operator).count() == 2  # with the one of `api`
    assert IdempotencyKey.objects.get().content == ""
