"""The settings of workers that fail with a mail's own words, as a bug would."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.security.failing.Failing"]
