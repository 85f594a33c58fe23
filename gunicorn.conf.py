"""gunicorn reads this by itself: its own lines and errors go the way of all others."""

import os
from typing import Any

from django.conf import settings
from gunicorn import util

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        # Its lines hold query strings; config.http.request_log writes one without.
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}


def post_worker_init(worker: Any) -> None:
    """Called by gunicorn once the application is loaded."""
    from config.http import gunicorn_errors  # needs the application

    util.write_error = gunicorn_errors.answer
