"""Settings of workers whose parser fails with errors that quote the mail."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.security.failing.Failing"]
