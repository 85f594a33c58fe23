"""The settings in a process of their own: a malformed variable ends it with one sentence."""

import base64
import os
import subprocess
import sys

import pytest

from tests.paths import ROOT

# Each starts a Python of its own, which takes most of a second.
pytestmark = pytest.mark.slow

COMPLETE = {
    "SECRET_KEY": "s" * 50,
    "POSTGRES_HOST": "127.0.0.1",
    "POSTGRES_PASSWORD": "p",
    "CELERY_BROKER_URL": "redis://:r@127.0.0.1:6379/0",
    "EMAIL_HOST": "smtp.example.com",
    "SUPPORT_ADDRESS": "desk@example.com",
    "WEBHOOK_SECRETS": "whsec_" + base64.b64encode(bytes(range(32))).decode(),
}


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own, with these variables and no others."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_complete_environment_starts() -> None:
    done = start(**COMPLETE)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set; "),
        ({"CELERY_BROKER_URL": "hidden"}, "CELERY_BROKER_URL must be a Redis address "),
        (
            {"EMAIL_USE_TLS": "true", "EMAIL_USE_SSL": "true"},
            "EMAIL_USE_TLS and EMAIL_USE_SSL exclude each other; set one of them to false.",
        ),
        ({"WEBHOOK_SECRETS": "hidden"}, "WEBHOOK_SECRETS must hold whsec_ "),
        ({"SENTRY_DSN": "hidden"}, "SENTRY_DSN must be a project's DSN as "),
        ({"SENTRY_DSN": "https://hidden@sentry.example/x"}, "SENTRY_DSN must be a project's DSN "),
    ],
)
def test_a_bad_environment_ends_with_one_sentence_and_status_1(
    variables: dict[str, str], sentence: str
) -> None:
    done = start(**{**COMPLETE, **variables})

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"ServiceDesk cannot start: {sentence}")
    assert done.stderr.count("\n") == 1
    assert "hidden" not in done.stderr


def test_port_465_needs_only_that_ssl_is_named() -> None:
    done = start(**COMPLETE, EMAIL_USE_SSL="true", EMAIL_PORT="465")

    assert (done.returncode, done.stderr) == (0, "")
