"""Fixtures of all tests: operators and their API clients, folders, a mail server."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from operators import services
from operators.models import Operator
from tests import smtp_server
from tests.factories import OperatorFactory
from tests.smtp_server import SmtpServer


@receiver(connection_created)
def _let_tests_idle(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """On a busy machine a test may take long between two queries of its transaction.

    Only in the main thread: workers in other threads have the timeout that they have in production.
    """
    if threading.current_thread() is threading.main_thread():
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 0")


@pytest.fixture(autouse=True, scope="session")
def _plain_static_files() -> None:
    """Name static files as they are: those with a hash exist only after collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    django_settings.STORAGES = {**django_settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> None:
    """Use a fast hash: a good one takes half a second, and no test is about guessing passwords."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Drop the trigger that keeps history from being emptied, as happens after each test."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_historyentry DISABLE TRIGGER history_is_not_emptied")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Forget the failures that throttling counted."""
    cache.clear()


@pytest.fixture
def files_folder(settings: Settings, tmp_path: Path) -> Path:
    """A folder of this test alone, in which the service stores files."""
    folder = tmp_path / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "tickets.files.folder_storage.DurableFolder",
            "OPTIONS": {"location": folder},
        },
    }
    return folder


@pytest.fixture
def smtp(settings: Settings) -> Iterator[SmtpServer]:
    """A mail server that accepts everything by default; the settings lead to it."""
    with smtp_server.running() as server:
        settings.EMAIL_PORT = server.port
        yield server


@pytest.fixture
def operator(db: None) -> Operator:
    return OperatorFactory.create()


@pytest.fixture
def supervisor(db: None) -> Operator:
    return OperatorFactory.create(is_supervisor=True)


def client_of(operator: Operator) -> APIClient:
    """Return a client of the API that is signed in as an operator."""
    client = APIClient()
    token = services.issue_token(operator=operator)[1]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


@pytest.fixture
def api(operator: Operator) -> APIClient:
    """A client signed in as `operator`."""
    return client_of(operator)


@pytest.fixture
def supervisor_api(supervisor: Operator) -> APIClient:
    """A client signed in as `supervisor`."""
    return client_of(supervisor)
