"""The settings of workers that take poison: a time limit that a test can wait for."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.faults.poison.Poison"]
CELERY_TASK_TIME_LIMIT = 6
