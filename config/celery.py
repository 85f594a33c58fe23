"""The Celery application: `celery -A config`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("servicedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["tasks"], related_name="inbound")
app.autodiscover_tasks(["tasks"], related_name="outbound")
app.autodiscover_tasks(["tasks"], related_name="maintenance")
