"""A mail ends without a ticket only when its structure proves that no person wrote it."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.utils import timezone

from mailing.models import InboundEmail, OutboundEmail
from mailing.parsing.message import parse
from operators.models import Operator
from tests.inbox import receive
from tests.mail import build_mail
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

FAILURE = "Your message could not be delivered to:\n  b@d.example\n550 5.1.1 user unknown"


def closed_ticket(operator: Operator) -> OutboundEmail:
    """Open a ticket by mail, close it, and return the notice that says so, as sent."""
    receive(build_mail(message_id="<1@example.com>"), prefix="first")
    ticket = Ticket.objects.get()
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.close_ticket(ticket_id=ticket.pk, by=operator)
    OutboundEmail.objects.update(state="sent", sent_at=timezone.now(), next_attempt_at=None)
    return OutboundEmail.objects.get(kind="closed")


def subject_of(notice: OutboundEmail) -> str:
    return parse(bytes(notice.content)).subject


@pytest.mark.parametrize(
    "headers",
    [
        {"sender": "postmaster@firm.example", "subject": "Undeliverable", "text": FAILURE},
        {"sender": "System Administrator <it@firm.example>", "subject": "Mail delivery failed",
         "text": FAILURE},
        {"sender": "bounces@firm.example", "subject": "Returned mail", "text": FAILURE},
        {"sender": "complaints@firm.example", "subject": "Hi", "text": "?", "x_apple_unsubscribe":
         "true"},
        {"subject": "Automatische Antwort: Frage", "text": "Ich bin im Urlaub."},
        {"subject": "Please confirm your message", "references": "<x@y.example>"},
        {"delivered_to": "autoresponder@firm.example"},
    ],
)  # fmt: skip
def test_hints_cost_the_acknowledgement_and_never_the_ticket(headers: dict[str, str]) -> None:
    receive(build_mail(**headers))

    inbound = InboundEmail.objects.get()
    assert inbound.state == "processed"
    assert inbound.message is not None
    assert Ticket.objects.count() == 1
    notice = OutboundEmail.objects.get()
    assert (notice.state, notice.reason) == (
        "suppressed",
        "only machines have written in this request",
    )


def test_a_hint_of_a_report_with_a_message_id_of_ours_opens_a_ticket() -> None:
    receive(build_mail())
    notice = OutboundEmail.objects.get()

    receive(
        build_mail(
            "postmaster@firm.example",
            subject="Delivery failure",
            text=f"We block your mail:\n550 5.7.1 blocked\nMessage-ID: {notice.message_id_header}",
        ),
        prefix="hint",
    )

    assert Ticket.objects.get(requester__email="postmaster@firm.example").message_count == 1
    notice.refresh_from_db()
    assert notice.state == "queued"


@pytest.mark.parametrize(
    "prefix",
    ["Sjálfvirkt svar", "Përgjigje automatike", "Nicht im Büro", "Absence ", "Automated Response"],
)
def test_an_absence_notice_that_answers_our_closing_opens_no_ticket(
    operator: Operator, prefix: str
) -> None:
    notice = closed_ticket(operator)
    before = OutboundEmail.objects.count()

    receive(
        build_mail(
            subject=f"{prefix}: {subject_of(notice)}",
            text="Until May.",
            in_reply_to=notice.message_id_header,
        ),
        prefix="away",
    )

    inbound = InboundEmail.objects.get(external_id="away1")
    assert (inbound.state, inbound.kind) == ("ignored", "auto_reply")
    assert Ticket.objects.get().status == "closed"
    assert OutboundEmail.objects.count() == before


def test_an_unknown_language_before_our_subject_costs_the_acknowledgement_alone(
    operator: Operator,
) -> None:
    notice = closed_ticket(operator)

    receive(
        build_mail(
            subject=f"Idahun alaifọwọyi: {subject_of(notice)}",
            in_reply_to="<unknown@example.com>",
            references=notice.message_id_header,
        ),
        prefix="away",
    )

    assert Ticket.objects.count() == 2
    assert not OutboundEmail.objects.filter(state="queued").exists()


def test_an_absence_notice_that_answers_nothing_of_ours_opens_a_ticket(operator: Operator) -> None:
    closed_ticket(operator)

    receive(build_mail(subject="Absence: Rapport", in_reply_to="<x@y.example>"), prefix="next")

    assert Ticket.objects.count() == 2
    assert OutboundEmail.objects.filter(state="queued", kind="created").count() == 1


def test_who_answers_our_closing_in_their_own_words_is_acknowledged(operator: Operator) -> None:
    notice = closed_ticket(operator)

    receive(
        build_mail(
            subject=f"Antwort: {subject_of(notice)}",
            text="It broke again.",
            in_reply_to=notice.message_id_header,
        ),
        prefix="again",
    )

    assert Ticket.objects.count() == 2
    assert OutboundEmail.objects.filter(state="queued", kind="created").count() == 1


@pytest.mark.parametrize(
    ("second", "state"),
    [
        ({"date": "Mon, 02 Nov 2026 09:00:00 +0000"}, "ignored"),
        ({"date": "Tue, 03 Nov 2026 09:00:00 +0000"}, "processed"),
        ({"date": "Mon, 02 Nov 2026 09:00:00 +0000", "text": "Something else."}, "processed"),
    ],
)
def test_a_repeated_message_id_is_a_copy_if_date_and_body_repeat_too(
    second: dict[str, str], state: str
) -> None:
    first = build_mail(message_id="<1@example.com>", date="Mon, 02 Nov 2026 09:00:00 +0000")

    receive(first)
    receive(build_mail(message_id="<1@example.com>", **second), prefix="second")

    assert InboundEmail.objects.get(external_id="second1").state == state
    assert Ticket.objects.get().message_count == (1 if state == "ignored" else 2)


def test_a_person_who_attaches_our_mail_to_words_of_a_failure_gets_a_ticket(
    operator: Operator,
) -> None:
    notice = closed_ticket(operator)
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "postmaster@firm.example", "Delivery failure"
    mail.set_content("550 5.7.1 blocked\nPlease change your templates.\n")
    mail.add_attachment(message_from_bytes(bytes(notice.content), policy=policy.default))

    receive(bytes(mail), prefix="late")

    notice.refresh_from_db()
    assert (notice.state, notice.bounce) == ("sent", None)
    assert Ticket.objects.filter(requester__email="postmaster@firm.example").exists()
