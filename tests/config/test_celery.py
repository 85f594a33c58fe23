"""Every process and thread publishes to the broker of the settings."""

import threading

from celery.app.utils import find_app
from django.conf import settings

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
