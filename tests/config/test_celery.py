"""Every process and thread publishes to the broker of the settings, and keeps its connection."""

import threading

import pytest
from celery.app.utils import find_app
from celery.fixups.django import DjangoWorkerFixup
from django.conf import settings
from django.db import connection

from config.celery import app
from tasks.inbound import work_inbox


def test_celery_finds_the_application_by_the_projects_name() -> None:
    assert find_app("config") is app


def test_a_task_belongs_to_the_application_in_every_thread() -> None:
    applications = [work_inbox.app]
    thread = threading.Thread(target=lambda: applications.append(work_inbox.app))
    thread.start()
    thread.join()

    assert [application.main for application in applications] == ["servicedesk", "servicedesk"]
    assert work_inbox.app.conf.broker_url == settings.CELERY_BROKER_URL
    assert work_inbox.app.conf.broker_transport_options == settings.CELERY_BROKER_TRANSPORT_OPTIONS


@pytest.mark.django_db(transaction=True)
def test_a_task_leaves_its_database_connection_to_the_next() -> None:
    fixup = DjangoWorkerFixup(app)
    connection.ensure_connection()
    kept = connection.connection

    fixup.on_task_postrun(sender=work_inbox)
    fixup.on_task_prerun(sender=work_inbox)

    assert kept is not None
    assert connection.connection is kept


@pytest.mark.django_db(transaction=True)
def test_a_database_connection_that_broke_between_tasks_is_replaced() -> None:
    fixup = DjangoWorkerFixup(app)
    connection.ensure_connection()
    fixup.on_task_postrun(sender=work_inbox)
    connection.connection.close()

    fixup.on_task_prerun(sender=work_inbox)

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_worker_starts_without_the_checks_that_load_all_views(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[object] = []
    monkeypatch.setattr("django.core.checks.run_checks", lambda: called.append(1))

    DjangoWorkerFixup(app).validate_models()

    assert called == []
