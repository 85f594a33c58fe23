"""Authenticate operators: by token for the API, by id and password for the Django admin."""

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

# Against floods of requests; a token of 256 random bits cannot be guessed.
TOKEN_FAILURES = FailureLimit("token", failures=600, seconds=60)
# Against guessing.
PASSWORD_FAILURES = FailureLimit("password", failures=10, seconds=300)


def client_address(request: HttpRequest | Request) -> str:
    """Return the caller's IP address, read behind `PROXY_COUNT` proxies."""
    return str(BaseThrottle().get_ident(request) or "")  # type: ignore[arg-type]  # it reads only META


def current_operator(request: HttpRequest | Request) -> Operator:
    """Return the operator who sent a request that has passed its permission checks."""
    assert isinstance(request.user, Operator)  # noqa: S101 - otherwise the view lacks a permission class
    return request.user


class OperatorAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """Authenticate by `Authorization: Token <token>`."""

    def authenticate_credentials(self, token: bytes) -> tuple[Operator, OperatorToken]:
        try:
            operator, row = super().authenticate_credentials(token)
        except ValueError as error:  # the token is not UTF-8, or holds a NUL
            raise AuthenticationFailed from error
        return operator, row

    def authenticate(self, request: Request) -> tuple[Operator, OperatorToken] | None:
        try:
            return super().authenticate(request)  # type: ignore[no-any-return]  # knox has no types
        except AuthenticationFailed:
            # Only after the look-up, so that a valid token works from an address that is blocked.
            source = client_address(request)
            TOKEN_FAILURES.raise_if_reached(source)
            TOKEN_FAILURES.add(source)
            raise


def raise_if_guessing(request: HttpRequest | None, username: str) -> str:
    """Return the source of a sign-in: the caller's address, and whom they want to be.

    An operator's id and address are one source, so that they are not two chances to guess.

    Raises `Throttled` after too many failures of it.
    """
    address = client_address(request) if request else "local"
    try:
        whom = str(Operator.objects.get_by_natural_key(username).pk)
    except Operator.DoesNotExist:
        whom = quote(username.strip().lower()[:254])[:200]  # a key of the cache
    source = f"{address}:{whom}"
    PASSWORD_FAILURES.raise_if_reached(source)
    return source


class PasswordBackend(ModelBackend):
    """Authenticate by operator id or address and password, with a limit on failures."""

    def authenticate(  # type: ignore[override]  # the parent's keyword arguments, named
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None
    ) -> Any:
        if username is None or password is None:
            return None
        try:
            source = raise_if_guessing(request, username)
        except Throttled as error:
            raise PermissionDenied from error
        operator = super().authenticate(request, username=username, password=password)
        if operator is None:
            PASSWORD_FAILURES.add(source)
        return operator
