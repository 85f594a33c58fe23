"""Fixtures for every test."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from operators import services
from operators.models import Operator
from tests.factories import OperatorFactory


@pytest.fixture(autouse=True, scope="session")
def _plain_static_files() -> None:
    """Static files by their own names: the hashed ones exist only after collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> None:
    """A hash that takes no half second: the tests are not about guessing it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let the tests' database be emptied after each test that commits."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_historyentry DISABLE TRIGGER history_is_not_emptied")


@pytest.fixture(autouse=True)
def _no_failures_counted() -> None:
    cache.clear()


@pytest.fixture
def operator(db: None) -> Operator:
    return OperatorFactory.create()


@pytest.fixture
def supervisor(db: None) -> Operator:
    return OperatorFactory.create(is_supervisor=True)


def client_of(operator: Operator) -> APIClient:
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


@pytest.fixture
def files_folder(settings: Settings, tmp_path: Path) -> Path:
    """An empty folder in which files of tickets are stored; it is created with the first file."""
    folder = tmp_path / "files"
    storage = {
        "BACKEND": "tickets.files.folder_storage.DurableFolder",
        "OPTIONS": {"location": folder},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    return folder
