"""What silence and lost connections mean for a mail, at each step."""

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.models import OutboundEmail, OutboxPause
from tests import smtp_server
from tests.factories import OutboundEmailFactory
from tests.mailing.outbound.untouched import State, assert_untouched, make_impatient
from tests.outbox import send_due_mail
from tests.smtp_server import Drop, Hang, Repeat, SmtpServer

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True, params=[[], ["PIPELINING"]], ids=["one by one", "pipelined"])
def _pipelining(smtp: SmtpServer, request: pytest.FixtureRequest) -> None:
    """Send the commands of a mail one by one, and together where the server offers it."""
    smtp.extensions += request.param


BIG = b"x" * 76 + b"\r\n"


@pytest.mark.parametrize("silence", [Hang, Drop])
@pytest.mark.parametrize("step", ["connect", "EHLO", "AUTH", "MAIL"])
def test_silence_before_a_recipient_is_named_pauses_the_queue(
    smtp: SmtpServer, settings: Settings, step: str, silence: type[Hang | Drop]
) -> None:
    make_impatient(settings)
    settings.EMAIL_HOST_USER = "desk"
    smtp.extensions.append("AUTH PLAIN")
    row = OutboundEmailFactory.create()
    smtp.answer(step, silence(), always=True)
    if step == "EHLO":
        smtp.answer("HELO", silence(), always=True)

    send_due_mail()

    assert_untouched(row)
    assert OutboxPause.objects.get().failures == 1
    assert smtp.received == []


@pytest.mark.parametrize("silence", [Hang, Drop])
@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_silence_before_the_mail_is_complete_defers_it(
    smtp: SmtpServer, settings: Settings, step: str, silence: type[Hang | Drop]
) -> None:
    make_impatient(settings)
    row = OutboundEmailFactory.create()
    smtp.answer(step, silence())

    send_due_mail()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.smtp_code) == (State.DEFERRED, 1, None)
    assert row.reason.startswith("before the mail was complete: ")
    assert smtp.received == []


def test_a_connection_lost_in_the_middle_of_a_mail_defers_it(
    smtp: SmtpServer, settings: Settings
) -> None:
    row = OutboundEmailFactory.create(content=BIG * 400_000)
    smtp.answer("DATA", Drop(after="354 Go ahead"))

    send_due_mail()

    row.refresh_from_db()
    assert row.state == State.DEFERRED
    assert row.reason.startswith("before the mail was complete: ")
    assert smtp.received == []


@pytest.mark.parametrize(
    "silence", [Hang(), Drop(), Drop(after="garbage"), b"25", b"", "999 what", "150 what", "354 go"]
)
def test_without_an_answer_to_the_final_dot_a_mail_is_uncertain(
    smtp: SmtpServer, settings: Settings, silence: smtp_server.Action
) -> None:
    make_impatient(settings)
    row = OutboundEmailFactory.create()
    smtp.answer("dot", Hang() if isinstance(silence, Hang) else silence)  # one hangs once
    before = timezone.now()

    send_due_mail()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.uncertain_attempts) == (State.UNCERTAIN, 1, 1)
    assert row.reason.startswith("no answer to the mail")
    assert (row.smtp_code, row.sent_at) == (None, None)
    assert row.next_attempt_at is not None
    assert before + settings.UNCERTAIN_RETRY_AFTER <= row.next_attempt_at
    assert send_due_mail() == 0


@pytest.mark.timeout(30)
@pytest.mark.parametrize("endless", [Repeat(b"2", 0.05), Repeat(b"250-more\r\n")])
@pytest.mark.parametrize(
    ("step", "state"),
    [
        ("connect", State.QUEUED),
        ("EHLO", State.QUEUED),
        ("MAIL", State.QUEUED),
        ("RCPT", State.DEFERRED),
        ("dot", State.UNCERTAIN),
    ],
)
def test_a_server_that_never_ends_its_reply_holds_nobody_longer_than_one_that_hangs(
    smtp: SmtpServer, settings: Settings, step: str, state: str, endless: Repeat
) -> None:
    make_impatient(settings)
    row = OutboundEmailFactory.create()
    smtp.answer(step, endless, always=True)

    send_due_mail()

    row.refresh_from_db()
    assert row.state == state
    assert (OutboxPause.objects.count() == 1) is (state == State.QUEUED)


@pytest.mark.parametrize("end", [Hang, Drop])
@pytest.mark.parametrize(
    ("step", "state"),
    [("RCPT", State.DEFERRED), ("DATA", State.DEFERRED), ("dot", State.UNCERTAIN)],
)
def test_after_a_mail_that_lost_its_line_the_others_go_on_at_once(
    smtp: SmtpServer, settings: Settings, step: str, state: str, end: type[Hang | Drop]
) -> None:
    make_impatient(settings)
    rows = OutboundEmailFactory.create_batch(3)
    smtp.answer(step, end())

    assert send_due_mail() == 3

    states = [OutboundEmail.objects.get(pk=row.pk).state for row in rows]
    assert states == [state, State.SENT, State.SENT]
    assert (smtp.connections, OutboxPause.objects.count()) == (2, 0)
    steps = [step["state"] for step in OutboundEmail.objects.get(pk=rows[1].pk).timeline]
    assert steps == [State.SENDING, State.SENT]


def test_an_answer_to_another_question_is_no_answer_to_the_next_mail(smtp: SmtpServer) -> None:
    uncertain, other = OutboundEmailFactory.create_batch(2)
    smtp.answer("dot", "150 wait\r\n250 OK")
    smtp.answer("RCPT", "250 OK", "550 5.1.1 No such user")

    send_due_mail()

    uncertain.refresh_from_db()
    other.refresh_from_db()
    assert (uncertain.state, other.state) == (State.UNCERTAIN, State.FAILED)
    assert other.smtp_reply == "5.1.1 No such user"


def test_a_server_that_closes_after_each_mail_leaves_no_trace_in_the_timelines(
    smtp: SmtpServer,
) -> None:
    OutboundEmailFactory.create_batch(3)
    smtp.answer("dot", *[Drop(after="250 2.0.0 OK")] * 3)

    assert send_due_mail() == 3

    for row in OutboundEmail.objects.all():
        assert [step["state"] for step in row.timeline if step["words"] != ""] == [State.SENT]
    assert OutboxPause.objects.count() == 0


def test_a_server_that_hangs_at_the_goodbye_has_the_mail(
    smtp: SmtpServer, settings: Settings
) -> None:
    make_impatient(settings)
    row = OutboundEmailFactory.create()
    smtp.answer("QUIT", Hang())

    assert send_due_mail() == 1

    row.refresh_from_db()
    assert (row.state, OutboxPause.objects.count()) == (State.SENT, 0)
