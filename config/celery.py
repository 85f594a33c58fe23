"""The Celery application: `celery -A config`."""

import os

from celery import Celery
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A nudge need not be saved: beat nudges again. And when Redis goes away just as one is being
# acknowledged, kombu 5.7's attempt to put it back ends the worker (AttributeError: hostname).
Channel.do_restore = False

app = Celery("servicedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["tasks"], related_name="inbound")
app.autodiscover_tasks(["tasks"], related_name="outbound")
app.autodiscover_tasks(["tasks"], related_name="maintenance")
