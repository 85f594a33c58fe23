"""The settings of the run's processes: the real ones, and the fault points."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.chaos.points.FaultPoints"]
