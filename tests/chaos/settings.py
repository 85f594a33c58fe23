"""Settings of the processes of a run: the real ones, with the points to kill them at."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.chaos.points.FaultPoints"]
