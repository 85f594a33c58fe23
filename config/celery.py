"""The Celery application: `celery -A config`."""

import logging
import os
from typing import Any

from billiard.util import get_logger
from celery import Celery
from celery.app.amqp import AMQP
from celery.signals import setup_logging
from kombu.connection import Connection
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Warnings of Python's go the way of all lines, not across them.
logging.captureWarnings(True)

# A nudge need not be saved: beat nudges again. And when Redis goes away just as one is being
# acknowledged, kombu 5.7's attempt to put it back ends the worker (AttributeError: hostname).
Channel.do_restore = False


@setup_logging.connect(dispatch_uid="config.celery.setup_logging")  # type: ignore[untyped-decorator]  # celery has no types
def on_setup_logging(**kwargs: Any) -> None:
    """Keep Celery from setting up logs of its own: all lines go the way that settings say."""
    get_logger().propagate = True  # of its processes, which would write past it


class PromptConnection(Connection):
    """A connection that is back seconds after Redis, however long Redis was away.

    kombu waits two seconds longer each time, up to thirty, and Celery has no setting for it.
    """

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """Connect, trying every two seconds."""
        return super().ensure_connection(*args, **{"interval_max": 2, **options})  # type: ignore[no-untyped-call]  # kombu has no types


class PromptAmqp(AMQP):  # type: ignore[misc]  # celery has no types
    Connection = PromptConnection


app = Celery("servicedesk", amqp=PromptAmqp)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["tasks"], related_name="inbound")
app.autodiscover_tasks(["tasks"], related_name="outbound")
app.autodiscover_tasks(["tasks"], related_name="maintenance")
