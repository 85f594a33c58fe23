"""gunicorn reads this by itself: its own lines go the way of all others."""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        # Its lines hold query strings; config.request_log writes one without.
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}
