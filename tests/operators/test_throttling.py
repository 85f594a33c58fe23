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


def use_up(limit: FailureLimit, source: str) -> None:
    """Count as many failures of a source as the limit allows."""
    cache.set(f"failures:{limit.scope}:{source}", limit.failures - 1, timeout=limit.seconds)
    limit.add(source)


def test_after_many_wrong_tokens_an_address_must_wait(db: None) -> None:
    client = APIClient(HTTP_AUTHORIZATION="Token " + "0" * 64)
    use_up(TOKEN_FAILURES, "127.0.0.1")

    answer = client.get(TICKETS, HTTP_ACCEPT_LANGUAGE="en")
    russian = client.get(TICKETS, HTTP_ACCEPT_LANGUAGE="ru")

    message = error_of(answer, 429, "throttled")["message"]
    assert message == "Too many failures from your address; try again in 60 seconds."
    assert answer.headers["Retry-After"] == "60"
    message = error_of(russian, 429, "throttled")["message"]
    assert message == "Слишком много неудачных попыток с вашего адреса; повторите через 60 с."


def test_a_wrong_token_is_counted_and_a_missing_one_is_not(db: None) -> None:
    cache.set("failures:token:127.0.0.1", TOKEN_FAILURES.failures - 1, timeout=60)
    wrong = APIClient(HTTP_AUTHORIZATION="Token wrong")

    codes = [APIClient().get(TICKETS).status_code for _ in range(5)]
    codes += [wrong.get(TICKETS).status_code for _ in range(3)]

    assert codes == [401] * 5 + [401, 429, 429]


def test_a_valid_token_works_from_an_address_that_is_blocked(api: APIClient) -> None:
    use_up(TOKEN_FAILURES, "127.0.0.1")

    assert api.get(TICKETS).status_code == 200


def test_another_address_is_not_refused(db: None) -> None:
    use_up(TOKEN_FAILURES, "127.0.0.1")

    answer = APIClient(HTTP_AUTHORIZATION="Token wrong", REMOTE_ADDR="127.0.0.2").get(TICKETS)

    error_of(answer, 401, "authentication_failed")


def test_without_proxies_a_forged_address_does_not_help(db: None) -> None:
    use_up(TOKEN_FAILURES, "127.0.0.1")
    client = APIClient(HTTP_AUTHORIZATION="Token wrong", HTTP_X_FORWARDED_FOR="10.0.0.1")

    error_of(client.get(TICKETS), 429, "throttled")


def test_a_count_lasts_as_long_as_its_limit(settings: Settings) -> None:
    limit = FailureLimit("test", failures=2, seconds=60)

    limit.add("here")
    limit.raise_if_reached("here")
    limit.add("here")

    with pytest.raises(Throttled):
        limit.raise_if_reached("here")
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as store:
        (key,) = store.keys("*failures:test:here")
        assert 0 < store.ttl(key) <= 60


def test_a_count_that_expires_while_it_is_made_does_no_harm() -> None:
    limit = FailureLimit("test", failures=1, seconds=0)

    limit.add("here")

    limit.raise_if_reached("here")


def test_while_redis_is_away_nobody_is_refused(
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


def test_after_ten_wrong_passwords_the_right_one_is_refused_too(operator: Operator) -> None:
    operator.set_password("right-enough-91")
    operator.save()
    request = RequestFactory().post("/admin/login/")
    elsewhere = RequestFactory(REMOTE_ADDR="127.0.0.2").post("/admin/login/")
    given = {"username": str(operator.pk), "password": "right-enough-91"}

    for _ in range(PASSWORD_FAILURES.failures):
        assert authenticate(request, username=str(operator.pk), password="wrong") is None

    assert authenticate(request, **given) is None
    assert authenticate(elsewhere, **given) == operator


def test_other_spellings_of_an_id_do_not_sign_in(operator: Operator) -> None:
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

    attempts = PASSWORD_FAILURES.failures + 1
    authenticated = [authenticate(request, **given) for _ in range(attempts)]

    assert authenticated == [operator] * 11


@pytest.mark.parametrize(
    "username", ["", "abc", "-1", "1.5", "٧", "0", "999999", "9" * 30, "9" * 5000, "1\x00"]
)
def test_anything_but_an_operators_id_does_not_sign_in(db: None, username: str) -> None:
    request = RequestFactory().post("/admin/login/")

    assert authenticate(request, username=username, password="wrong") is None


def test_nobody_signs_in_without_both_id_and_password(operator: Operator) -> None:
    assert authenticate(None, username=str(operator.pk)) is None
    assert authenticate(None, password="right-enough-91") is None
    assert authenticate(None, username=str(operator.pk), password="") is None
