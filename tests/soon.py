"""A deadline that no test reaches."""

from datetime import datetime, timedelta

from django.utils import timezone


def soon() -> datetime:
    return timezone.now() + timedelta(seconds=10)
