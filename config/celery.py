"""The Celery application: `celery -A config` finds it here."""

import os
from typing import Any

from billiard.util import get_logger
from celery import Celery
from celery.app.amqp import AMQP
from celery.fixups.django import DjangoWorkerFixup
from celery.signals import setup_logging
from django.db import close_old_connections
from kombu.connection import Connection
from kombu.transport.redis import Channel

# Before the application is made: with it, Celery makes it the default of every thread.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's checks load all views, 12 MB in each process of a worker. They run with each migration.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

# Unacknowledged messages need not be put back into the queue, because beat sends new ones. And when
# Redis goes away during an acknowledgement, kombu 5.7's attempt to restore the message ends the
# worker (AttributeError: hostname).
Channel.do_restore = False

# Celery closes the database connections before and after each task, and a new one takes longer than
# sending a mail. Between tasks only those that are broken or older than CONN_MAX_AGE need to go.
DjangoWorkerFixup.close_database = lambda self, **kwargs: close_old_connections()


@setup_logging.connect(dispatch_uid="config.celery.setup_logging")  # type: ignore[untyped-decorator]  # celery has no types
def on_setup_logging(**kwargs: Any) -> None:
    """Keep Celery from configuring logging itself: the settings' LOGGING applies."""
    get_logger().propagate = True  # billiard's logger of the pool processes


class PromptConnection(Connection):
    """A broker connection that is back within seconds, however long the broker was away.

    kombu lengthens its pause between two attempts by two seconds each time, up to thirty, and
    Celery has no setting for it.
    """

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """Connect, trying every two seconds."""
        return super().ensure_connection(*args, **{"interval_max": 2, **options})  # type: ignore[no-untyped-call]  # kombu has no types


class PromptAmqp(AMQP):  # type: ignore[misc]  # celery has no types
    """Celery's AMQP with connections that come back promptly."""

    Connection = PromptConnection


app = Celery(
    "servicedesk",
    amqp=PromptAmqp,
    include=["tasks.inbound", "tasks.outbound", "tasks.maintenance"],
)
app.config_from_object("django.conf:settings", namespace="CELERY")
