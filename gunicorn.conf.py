"""Configuration that gunicorn finds by this file's name: our log format and error answers."""

import gc
import os
from typing import Any

from django.conf import settings
from gunicorn import glogging, util

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
    },
}


class logger_class(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's log without its access log.

    Its lines hold query strings; those of config.http.request_log do not. Its level alone would
    spare nothing: gunicorn composes each line before the level is asked.
    """

    def access(self, *args: Any) -> None:
        """Log nothing."""


def post_worker_init(worker: Any) -> None:
    """Replace gunicorn's error page; gunicorn calls this when the application is loaded."""
    from config.http import gunicorn_errors  # it needs the loaded application

    util.write_error = gunicorn_errors.send_error


def pre_fork(server: Any, worker: Any) -> None:
    """Keep the garbage collector from writing to memory that a new worker shares with this one."""
    gc.freeze()
