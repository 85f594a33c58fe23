"""The floor of the workers: a Celery application with a task that does nothing.

`celery -A bare_celery worker`, from this folder. Like any worker of a Django project it sets up
Django, which Celery does when it sees DJANGO_SETTINGS_MODULE.
"""

import os

from celery import Celery

app = Celery(
    "bare", broker=os.environ["CELERY_BROKER_URL"], backend=os.environ["CELERY_BROKER_URL"]
)
app.conf.update(task_default_queue="bare", broker_connection_retry_on_startup=True)


@app.task(name="bare.nothing")  # type: ignore[untyped-decorator]  # celery has no types
def nothing() -> None:
    """Do nothing."""
