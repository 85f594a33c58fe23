"""API tokens: what they give access to, how they are issued, and how they end."""

import base64
import uuid
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from mailing.webhook.signature import sign
from operators import services
from operators.models import Operator, OperatorToken
from tests.conftest import client_of
from tests.factories import OperatorFactory
from tests.responses import error_of, fetch_pages
from tests.services import WEBHOOK_KEY

TICKETS = "/requests/user_requests/"
OPERATOR_ENDPOINTS = [
    ("GET", TICKETS),
    ("GET", "/requests/user_requests/1/"),
    ("GET", "/mgs/requests/1/mgs/"),
    ("POST", "/mgs/requests/1/mgs/create"),
    ("GET", "/ops/support_ops/"),
    ("POST", "/ops/support_ops/"),
    ("GET", "/ops/support_ops/1/"),
    ("PATCH", "/ops/support_ops/1/"),
    ("GET", "/ops/support_ops/1/tokens/"),
    ("POST", "/ops/support_ops/1/tokens/"),
    ("DELETE", f"/ops/support_ops/1/tokens/{uuid.UUID(int=1)}/"),
    ("GET", "/ops/support_ops/me/tokens/"),
    ("POST", "/ops/support_ops/me/tokens/"),
    ("DELETE", f"/ops/support_ops/me/tokens/{uuid.UUID(int=1)}/"),
    ("POST", "/ops/1/requests/1/progress/"),
    ("POST", "/ops/1/requests/1/close/"),
    ("GET", "/mail/inbox/"),
    ("GET", "/mail/inbox/1/"),
    ("GET", "/mail/inbox/1/raw"),
    ("POST", "/mail/inbox/1/replay"),
    ("POST", "/mail/inbox/1/accept"),
    ("GET", "/mail/outbox/"),
    ("GET", "/mail/outbox/1/"),
    ("POST", "/mail/outbox/1/retry"),
    ("POST", "/mail/outbox/1/cancel"),
]
SUPERVISOR_ENDPOINTS = [
    ("POST", "/ops/support_ops/"),
    ("PATCH", "/ops/support_ops/1/"),
    ("GET", "/ops/support_ops/1/tokens/"),
    ("POST", "/ops/support_ops/1/tokens/"),
    ("DELETE", f"/ops/support_ops/1/tokens/{uuid.UUID(int=1)}/"),
    *(endpoint for endpoint in OPERATOR_ENDPOINTS if endpoint[1].startswith("/mail/")),
]


@pytest.mark.parametrize(("method", "url"), OPERATOR_ENDPOINTS)
def test_without_a_token_every_endpoint_is_401(db: None, method: str, url: str) -> None:
    response = APIClient().generic(method, url)

    error_of(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize(("method", "url"), OPERATOR_ENDPOINTS)
def test_a_wrong_token_is_401_before_anything_else(db: None, method: str, url: str) -> None:
    client = APIClient(HTTP_AUTHORIZATION="Token " + "0" * 64)

    response = client.generic(method, url, data="{", content_type="application/json")

    error_of(response, 401, "authentication_failed")


@pytest.mark.parametrize(("method", "url"), SUPERVISOR_ENDPOINTS)
def test_an_operator_is_403_where_a_supervisor_is_needed(
    api: APIClient, method: str, url: str
) -> None:
    response = api.generic(method, url)

    error_of(response, 403, "permission_denied")
    assert Operator.objects.count() == 1
    assert OperatorToken.objects.count() == 1


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "not_authenticated"),
        ("{token}", "not_authenticated"),
        ("Bearer {token}", "not_authenticated"),
        ("Basic dXNlcjpwYXNz", "not_authenticated"),
        ("Token", "authentication_failed"),
        ("Token {token} {token}", "authentication_failed"),
        ("Token {token}0", "authentication_failed"),
        ("Token {token_key}", "authentication_failed"),
        ("Token \xff\xfe\xfd", "authentication_failed"),
        ("Token \x00", "authentication_failed"),
        ("Token {token_key}\x00", "authentication_failed"),
        ("Token {token_key}\xff", "authentication_failed"),
        ("Token " + "x" * 100_000, "authentication_failed"),
        ("Token ' OR 1=1 --", "authentication_failed"),
    ],
)
def test_a_malformed_header_is_401(operator: Operator, header: str, code: str) -> None:
    token = services.issue_token(operator=operator)[1]
    header = header.replace("{token}", token).replace("{token_key}", token[:25])

    response = APIClient(HTTP_AUTHORIZATION=header).get(TICKETS)

    error_of(response, 401, code)


def test_the_scheme_is_compared_without_case(operator: Operator) -> None:
    token = services.issue_token(operator=operator)[1]

    response = APIClient(HTTP_AUTHORIZATION=f"tOKEN {token}").get(TICKETS)

    assert response.status_code == 200


def test_the_webhooks_signature_gives_no_access_to_the_api(operator: Operator) -> None:
    timestamp = str(int(timezone.now().timestamp()))
    signature = sign(WEBHOOK_KEY, "call-1", timestamp, [b""])
    client = APIClient(
        HTTP_WEBHOOK_ID="call-1",
        HTTP_WEBHOOK_TIMESTAMP=timestamp,
        HTTP_WEBHOOK_SIGNATURE=signature,
    )

    codes = {client.generic(method, url).status_code for method, url in OPERATOR_ENDPOINTS}

    assert codes == {401}


def test_an_operators_token_gives_no_access_to_the_webhook(api: APIClient) -> None:
    response = api.post("/requests/webhook/email/", {"messages": []}, format="json")

    error_of(response, 401, "authentication_failed")


def test_an_expired_token_is_401(api: APIClient) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        response = api.get(TICKETS)

    error_of(response, 401, "authentication_failed")


def test_a_token_is_valid_as_long_as_configured(api: APIClient) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=364)):
        response = api.get(TICKETS)

    assert response.status_code == 200


def test_a_deactivated_operators_tokens_stop_at_once(
    api: APIClient, operator: Operator, supervisor_api: APIClient
) -> None:
    before = api.get(TICKETS).status_code

    supervisor_api.patch(f"/ops/support_ops/{operator.pk}/", {"is_active": False}, format="json")

    assert before == 200
    error_of(api.get(TICKETS), 401, "authentication_failed")
    assert not OperatorToken.objects.filter(user=operator).exists()


def test_reactivating_an_operator_restores_no_token(
    api: APIClient, operator: Operator, supervisor_api: APIClient
) -> None:
    url = f"/ops/support_ops/{operator.pk}/"

    supervisor_api.patch(url, {"is_active": False}, format="json")
    supervisor_api.patch(url, {"is_active": True}, format="json")

    error_of(api.get(TICKETS), 401, "authentication_failed")


def test_an_inactive_operators_token_is_refused_even_if_its_row_is_there(
    api: APIClient, operator: Operator
) -> None:
    Operator.objects.filter(pk=operator.pk).update(is_active=False)

    error_of(api.get(TICKETS), 401, "authentication_failed")


def test_a_token_is_shown_once_and_only_its_hash_is_stored(
    operator: Operator, supervisor_api: APIClient
) -> None:
    url = f"/ops/support_ops/{operator.pk}/tokens/"

    response = supervisor_api.post(url)

    assert response.status_code == 201
    issued = response.json()
    assert set(issued) == {"token_id", "token", "date_create", "expires_at"}
    assert APIClient(HTTP_AUTHORIZATION=f"Token {issued['token']}").get(TICKETS).status_code == 200
    row = OperatorToken.objects.get(user=operator)
    assert str(row.token_id) == issued["token_id"]
    assert issued["token"] not in {row.digest, row.token_key, str(row.token_id)}
    listed = supervisor_api.get(url)
    assert [token["token_id"] for token in listed.json()["results"]] == [issued["token_id"]]
    assert set(listed.json()["results"][0]) == {"token_id", "date_create", "expires_at"}
    assert issued["token"] not in listed.content.decode()


def test_a_list_of_tokens_shows_no_hash_not_even_in_its_links(
    operator: Operator, supervisor_api: APIClient
) -> None:
    url = f"/ops/support_ops/{operator.pk}/tokens/"
    ids = [supervisor_api.post(url).json()["token_id"] for _ in range(5)]

    pages = fetch_pages(supervisor_api, f"{url}?page_size=2")

    assert [row["token_id"] for page in pages for row in page["results"]] == ids
    digests = list(OperatorToken.objects.values_list("digest", flat=True))
    links = [page[name] for page in pages for name in ("next", "previous") if page[name]]
    decoded = b"".join(_decoded(link) for link in links).decode()
    assert not [digest for digest in digests if digest in decoded]


def _decoded(link: str) -> bytes:
    return base64.urlsafe_b64decode(parse_qs(urlsplit(link).query)["cursor"][0])


def test_a_revoked_token_stops_at_once_and_the_others_go_on(
    operator: Operator, supervisor_api: APIClient
) -> None:
    kept, lost = client_of(operator), client_of(operator)
    token_id = OperatorToken.objects.filter(user=operator).latest("created").token_id
    url = f"/ops/support_ops/{operator.pk}/tokens/{token_id}/"

    response = supervisor_api.delete(url)

    assert response.status_code == 204
    assert response.content == b""
    assert lost.get(TICKETS).status_code == 401
    assert kept.get(TICKETS).status_code == 200
    error_of(supervisor_api.delete(url), 404, "not_found")


def test_a_token_is_revoked_only_under_its_own_operator(
    operator: Operator, api: APIClient, supervisor_api: APIClient
) -> None:
    other = OperatorFactory.create()
    token_id = OperatorToken.objects.get(user=operator).token_id

    response = supervisor_api.delete(f"/ops/support_ops/{other.pk}/tokens/{token_id}/")

    error_of(response, 404, "not_found")
    assert api.get(TICKETS).status_code == 200


@pytest.mark.parametrize("operator_id", [0, 999_999, 2**31, 2**63, 10**40])
def test_tokens_of_an_unknown_operator_are_404(supervisor_api: APIClient, operator_id: int) -> None:
    url = f"/ops/support_ops/{operator_id}/tokens/"

    error_of(supervisor_api.get(url), 404, "not_found")
    error_of(supervisor_api.post(url), 404, "not_found")
    error_of(supervisor_api.delete(f"{url}{uuid.uuid4()}/"), 404, "not_found")
    assert OperatorToken.objects.count() == 1


def test_authenticating_by_token_needs_two_queries(
    api: APIClient, operator: Operator, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        services.issue_token(operator=operator)

    with django_assert_num_queries(3):  # the token, its operator's others, the list
        api.get(TICKETS)


def test_a_deactivated_operator_gets_no_token(
    operator: Operator, supervisor_api: APIClient
) -> None:
    Operator.objects.filter(pk=operator.pk).update(is_active=False)

    response = supervisor_api.post(
        f"/ops/support_ops/{operator.pk}/tokens/", headers={"Accept-Language": "en"}
    )

    error = error_of(response, 409, "operator_inactive")
    assert error["message"] == "The operator is deactivated; activate it first."
    assert not OperatorToken.objects.filter(user=operator).exists()
