"""Periodic tasks: free what dead workers held, wake snoozed tickets, delete what has expired."""

from celery import shared_task
from django.core.management import call_command

from mailing.inbound import queue as inbox
from mailing.inbound import retention
from mailing.outbound import queue as outbox
from operators import idempotency
from tasks.wiring import INBOX, publish_nudge
from tickets import snoozing
from tickets.files import store


@shared_task(name="maintenance.release_orphans")
def release_orphans() -> None:
    """Release the mail that workers held when they died."""
    outbox.release_orphans()
    if inbox.release_orphans():
        publish_nudge(INBOX)


@shared_task(name="maintenance.wake_tickets")
def wake_tickets() -> None:
    """Wake the tickets whose snooze is over."""
    while snoozing.wake_due_tickets():
        pass


@shared_task(name="maintenance.purge_raw_mail")
def purge_raw_mail() -> None:
    """Delete the raw bytes of mail that is older than `RAW_RETENTION`."""
    retention.purge_raw_mail()


@shared_task(name="maintenance.purge_files")
def purge_files() -> None:
    """Delete uploads that were not sent within a day, and files that nothing refers to."""
    store.purge_unused_files()


@shared_task(name="maintenance.purge_idempotency_keys")
def purge_idempotency_keys() -> None:
    """Delete the operators' idempotency keys that are older than a day, with their answers."""
    idempotency.delete_expired_keys()


@shared_task(name="maintenance.clear_sessions")
def clear_sessions() -> None:
    """Delete the admin's expired sessions."""
    call_command("clearsessions")
