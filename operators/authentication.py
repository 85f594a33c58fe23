"""Who is calling: tokens for the API, id and password for the Django admin."""

from typing import Any
from urllib.parse import quote

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from operators.models import Operator, OperatorToken
from operators.throttling import FailureLimit

# A token has 256 random bits, so this keeps floods down rather than guesses.
TOKEN_FAILURES = FailureLimit("token", failures=600, seconds=60)
# A password can be guessed.
PASSWORD_FAILURES = FailureLimit("password", failures=10, seconds=300)


def client_address(request: HttpRequest | Request) -> str:
    """Return the caller's address, behind as many proxies as `PROXY_COUNT` says."""
    return str(BaseThrottle().get_ident(request) or "")  # type: ignore[arg-type]  # reads META alone


def current_operator(request: HttpRequest | Request) -> Operator:
    """Return the operator behind a request that passed its permissions."""
    assert isinstance(request.user, Operator)  # noqa: S101 - else the permissions are wrong
    return request.user


class OperatorAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """`Authorization: Token <token>`."""

    def authenticate_credentials(self, token: bytes) -> tuple[Operator, OperatorToken]:
        try:
            operator, row = super().authenticate_credentials(token)
        except ValueError as error:  # bytes that are no UTF-8, or hold a NUL
            raise AuthenticationFailed from error
        return operator, row

    def authenticate(self, request: Request) -> tuple[Operator, OperatorToken] | None:
        try:
            return super().authenticate(request)  # type: ignore[no-any-return]  # knox has no types
        except AuthenticationFailed:
            # Counted after the look-up: who shares an address with a flood still gets in.
            place = client_address(request)
            TOKEN_FAILURES.refuse_if_reached(place)
            TOKEN_FAILURES.count(place)
            raise


class PasswordBackend(ModelBackend):
    """Operator id and password, with a limit on wrong ones per address and id."""

    def authenticate(  # type: ignore[override]  # the parent's keyword arguments, named
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None
    ) -> Any:
        if username is None or password is None:
            return None
        address = client_address(request) if request else "local"
        place = f"{address}:{quote(username[:20])}"
        try:
            PASSWORD_FAILURES.refuse_if_reached(place)
        except Throttled as error:
            raise PermissionDenied from error
        operator = super().authenticate(request, username=username, password=password)
        if operator is None:
            PASSWORD_FAILURES.count(place)
        return operator
