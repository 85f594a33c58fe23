"""Run django-helpdesk's intake over a folder of mails, and print the seconds it took.

It is executed by the Python of django-helpdesk's own virtual environment.
"""

import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk_settings"
django.setup()

from django.core import mail  # noqa: E402 - after the settings are loaded
from helpdesk.email import process_email  # noqa: E402
from helpdesk.models import Queue, Ticket  # noqa: E402


def main(folder: str) -> None:
    """Process the mails in a folder."""
    mail.outbox = []
    count = len(os.listdir(folder))
    Queue.objects.create(
        title="Support",
        slug="support",
        email_address="support@servicedesk.example",
        allow_email_submission=True,
        email_box_type="local",
        email_box_local_dir=folder,
        email_box_interval=0,
    )
    began = time.monotonic()
    process_email(quiet=True)
    seconds = time.monotonic() - began
    tickets, notices = Ticket.objects.count(), len(mail.outbox)
    assert tickets == notices == count, f"{tickets} tickets, {notices} notices of {count} mails"
    sys.stdout.write(f"{seconds}\n")


if __name__ == "__main__":
    main(sys.argv[1])
