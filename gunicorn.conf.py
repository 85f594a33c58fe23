"""gunicorn reads this by itself: its own lines go the way of all others."""

from config.settings import LOGGING

_OWN = {"level": "INFO", "handlers": [], "propagate": True}
logconfig_dict = {
    **LOGGING,
    "loggers": {**LOGGING["loggers"], "gunicorn.error": _OWN, "gunicorn.access": _OWN},
}
