"""Production settings: secure cookies and redirects, and no silenced system check."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import json
from django.conf import settings
names = ["SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
         "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE", "DEBUG",
         "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SILENCED_SYSTEM_CHECKS"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def production(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ, "HTTPS": "true", "PROXY_COUNT": "1", "ALLOWED_HOSTS": "desk.example",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "check-only-Zr4uPq8wXn2vLt6yKd0sJf3hGb7mCe9aTo5iRlQxWz",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_cookies_go_by_https_alone_and_to_no_script() -> None:
    done = production("-c", PROGRAM)

    assert json.loads(done.stdout) == {
        "SESSION_COOKIE_SECURE": True, "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax", "CSRF_COOKIE_SECURE": True, "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax", "DEBUG": False, "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000, "SILENCED_SYSTEM_CHECKS": [],
    }  # fmt: skip


def test_djangos_check_for_deployment_finds_nothing() -> None:
    done = production("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stderr
    assert "0 silenced" in done.stdout
