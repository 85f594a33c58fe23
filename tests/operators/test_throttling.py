"""Failed sign-ins are counted, and those who keep failing are refused for a while."""

import pytest
import redis
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.exceptions import Throttled
from rest_framework.test import APIClient

from operators.authentication import PASSWORD_FAILURES, TOKEN_FAILURES
from operators.models import Operator
from operators.throttling import FailureLimit
from tests.responses import error_of

TICKETS = "/requests/user_requests/"


@pytest.fixture
def dead_redis(settings: Settings) -> None:
    """A cache whose server refuses connections."""
    dead = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": dead}


def fill(limit: FailureLimit, place: str) -> None:
    """Let that place have failed as often as the limit allows."""
    cache.set(f"failures:{limit.scope}:{place}", limit.failures - 1, timeout=limit.seconds)
    limit.count(place)


def test_after_many_wrong_tokens_an_address_is_told_to_wait(db: None) -> None:
    client = APIClient(HTTP_AUTHORIZATION="Token " + "0" * 64)
    fill(TOKEN_FAILURES, "127.0.0.1")

    answer = client.get(TICKETS, HTTP_ACCEPT_LANGUAGE="en")
    russian = client.get(TICKETS, HTTP_ACCEPT_LANGUAGE="ru")

    told = error_of(answer, 429, "throttled")["message"]
    assert told == "Too many failures from your address; try again in 60 seconds."
    assert answer.headers["Retry-After"] == "60"
    told = error_of(russian, 429, "throttled")["message"]
    assert told == "Слишком много неудачных попыток с вашего адреса; повторите через 60 с."


def test_a_wrong_token_is_counted_and_a_missing_one_is_not(db: None) -> None:
    cache.set("failures:token:127.0.0.1", TOKEN_FAILURES.failures - 1, timeout=60)
    wrong = APIClient(HTTP_AUTHORIZATION="Token wrong")

    codes = [APIClient().get(TICKETS).status_code for _ in range(5)]
    codes += [wrong.get(TICKETS).status_code for _ in range(3)]

    assert codes == [401] * 5 + [401, 429, 429]


def test_who_shares_an_address_with_a_flood_still_gets_in(api: APIClient) -> None:
    fill(TOKEN_FAILURES, "127.0.0.1")

    assert api.get(TICKETS).status_code == 200


def test_another_address_is_not_refused(db: None) -> None:
    fill(TOKEN_FAILURES, "127.0.0.1")

    answer = APIClient(HTTP_AUTHORIZATION="Token wrong", REMOTE_ADDR="127.0.0.2").get(TICKETS)

    error_of(answer, 401, "authentication_failed")


def test_without_proxies_a_forged_address_does_not_help(db: None) -> None:
    fill(TOKEN_FAILURES, "127.0.0.1")
    client = APIClient(HTTP_AUTHORIZATION="Token wrong", HTTP_X_FORWARDED_FOR="10.0.0.1")

    error_of(client.get(TICKETS), 429, "throttled")


def test_a_count_lasts_as_long_as_its_limit(settings: Settings) -> None:
    limit = FailureLimit("test", failures=2, seconds=60)

    limit.count("here")
    limit.refuse_if_reached("here")
    limit.count("here")

    with pytest.raises(Throttled):
        limit.refuse_if_reached("here")
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as store:
        (key,) = store.keys("*failures:test:here")
        assert 0 < store.ttl(key) <= 60


def test_a_count_that_expires_while_it_is_made_does_no_harm() -> None:
    limit = FailureLimit("test", failures=1, seconds=0)

    limit.count("here")

    limit.refuse_if_reached("here")


def test_with_redis_away_everybody_passes(
    dead_redis: None, operator: Operator, api: APIClient
) -> None:
    operator.set_password("right-enough-91")
    operator.save()
    wrong = APIClient(HTTP_AUTHORIZATION="Token wrong")
    request = RequestFactory().post("/admin/login/")

    assert api.get(TICKETS).status_code == 200
    error_of(wrong.get(TICKETS), 401, "authentication_failed")
    assert authenticate(request, username=str(operator.pk), password="wrong") is None
    assert authenticate(request, username=str(operator.pk), password="right-enough-91") == operator


def test_ten_wrong_passwords_close_the_door_for_the_right_one(operator: Operator) -> None:
    operator.set_password("right-enough-91")
    operator.save()
    request = RequestFactory().post("/admin/login/")
    elsewhere = RequestFactory(REMOTE_ADDR="127.0.0.2").post("/admin/login/")
    given = {"username": str(operator.pk), "password": "right-enough-91"}

    for _ in range(PASSWORD_FAILURES.failures):
        assert authenticate(request, username=str(operator.pk), password="wrong") is None

    assert authenticate(request, **given) is None
    assert authenticate(elsewhere, **given) == operator


def test_an_id_is_written_in_one_way_so_a_guesser_has_one_door(operator: Operator) -> None:
    operator.set_password("right-enough-91")
    operator.save()
    request = RequestFactory().post("/admin/login/")

    for other in (f"0{operator.pk}", f"000{operator.pk}", f"+{operator.pk}", f" {operator.pk}"):
        given = {"username": other, "password": "right-enough-91"}
        assert authenticate(request, **given) is None


def test_right_passwords_are_not_counted(operator: Operator) -> None:
    operator.set_password("right-enough-91")
    operator.save()
    request = RequestFactory().post("/admin/login/")
    given = {"username": str(operator.pk), "password": "right-enough-91"}

    signed_in = [authenticate(request, **given) for _ in range(PASSWORD_FAILURES.failures + 1)]

    assert signed_in == [operator] * 11


@pytest.mark.parametrize(
    "username", ["", "abc", "-1", "1.5", "٧", "0", "999999", "9" * 30, "9" * 5000, "1\x00"]
)
def test_what_is_no_operators_id_does_not_sign_in(db: None, username: str) -> None:
    request = RequestFactory().post("/admin/login/")

    assert authenticate(request, username=username, password="wrong") is None


def test_nobody_signs_in_without_both_id_and_password(operator: Operator) -> None:
    assert authenticate(None, username=str(operator.pk)) is None
    assert authenticate(None, password="right-enough-91") is None
    assert authenticate(None, username=str(operator.pk), password="") is None
