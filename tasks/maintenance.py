"""Forget what is past its time."""

from celery import shared_task
from django.core.management import call_command

from mailing.inbound import retention
from tickets.files import store


@shared_task(name="maintenance.purge_raw_mail")
def purge_raw_mail() -> None:
    """Drop the bytes of mail older than `RAW_RETENTION`."""
    retention.purge_raw_mail()


@shared_task(name="maintenance.purge_files")
def purge_files() -> None:
    """Drop uploads that were not sent within a day, and bytes that nothing needs."""
    store.purge_unused_files()


@shared_task(name="maintenance.clear_sessions")
def clear_sessions() -> None:
    """Drop the admin's expired sessions."""
    call_command("clearsessions")
