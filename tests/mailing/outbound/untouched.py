"""Attempts that fail before the mail: they leave it as it was."""

from pytest_django.fixtures import Settings

from mailing.models import OutboundEmail

State = OutboundEmail.State


def make_impatient(settings: Settings) -> None:
    """Wait 0.2 s for each answer of the mail server, not 30 s."""
    settings.EMAIL_TIMEOUT = 0.2


def assert_untouched(row: OutboundEmail) -> None:
    """Assert that the mail waits as before the attempt, and that the attempt does not count."""
    row.refresh_from_db()
    assert (row.state, row.attempts, row.first_attempt_at) == (State.QUEUED, 0, None)
    assert (row.lease_holder, row.lease_expires_at, row.sent_at) == (None, None, None)
    assert row.next_attempt_at is not None
    assert not OutboundEmail.objects.filter(state=State.FAILED).exists()
