"""Settings of workers that poison mail harms, with a short time limit."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.faults.poison.apps.Poison"]
CELERY_TASK_TIME_LIMIT = 6
