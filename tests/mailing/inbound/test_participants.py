"""The people in copy of a requester's mails become participants."""

import pytest

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import OperatorFactory, ParticipantFactory
from tests.mail import build_mail
from tests.mailing.inbound.bringing import FAILED_CHECK, bring, people
from tickets import participants
from tickets.models import HistoryEntry, Participant, Ticket

pytestmark = pytest.mark.django_db


def test_the_people_in_to_and_cc_become_participants() -> None:
    message = bring(
        build_mail(
            To="desk@servicedesk.example, Petr <Petr@Example.com>",
            cc="=?utf-8?b?0JDQvdC90LA=?= <anna@b\u00fccher.example>, petr@example.com",
        ),
        "a",
    )

    rows = Participant.objects.order_by("pk").values_list("email", "canonical_email", "name")
    assert list(rows) == [
        ("petr@example.com", "petr@example.com", "Petr"),
        ("anna@b\u00fccher.example", "anna@xn--bcher-kva.example", "Анна"),
    ]
    entries = HistoryEntry.objects.order_by("pk").values_list(
        "event", "details", "version", "message", "status_before", "status_after"
    )
    assert list(entries) == [
        ("opened", None, 1, message.pk, None, "new"),
        *(
            ("participant_added", {"before": None, "after": email}, 1, None, "new", "new")
            for email in ("petr@example.com", "anna@b\u00fccher.example")
        ),
    ]
    assert OutboundEmail.objects.get().recipient == "ivan@example.com"


def test_further_mail_adds_who_is_not_there_yet() -> None:
    first = bring(build_mail(cc="petr@example.com"), "a")

    bring(build_mail(cc="petr@example.com, olga@example.com"), "b")

    assert people(first.ticket) == ["petr@example.com", "olga@example.com"]
    ticket = Ticket.objects.get()
    assert (ticket.version, ticket.message_count) == (2, 2)
    events = HistoryEntry.objects.order_by("pk").values_list("event", "version")
    assert list(events) == [
        ("opened", 1),
        ("participant_added", 1),
        ("requester_wrote", 2),
        ("participant_added", 2),
    ]


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("desk@servicedesk.example", {}),
        ("Desk+tag@servicedesk.example", {}),
        ("ivan@example.com", {}),
        ("ivan+work@example.com", {}),
        ("maria@example.com", {}),
        ("maria+desk@example.com", {}),
        ("noreply@example.com", {}),
        ("mailer-daemon@example.com", {}),
        ("help@company.example", {"delivered_to": "Help@company.example"}),
        ("help@company.example", {"x_original_to": "help@company.example"}),
        ("list@company.example", {"list_post": "<mailto:list@company.example>"}),
    ],
)
def test_ours_operators_and_machines_are_no_participants(
    address: str, headers: dict[str, str]
) -> None:
    OperatorFactory.create(email="Maria@example.com")

    bring(build_mail(cc=f"{address}, petr@example.com", **headers), "a")

    assert people() == ["petr@example.com"]


def test_the_first_twenty_become_participants() -> None:
    addresses = [f"p{number}@example.com" for number in range(25)]
    bring(build_mail(cc=", ".join(addresses[:15])), "a")
    ParticipantFactory.create(ticket=Ticket.objects.get(), is_removed=True)

    bring(build_mail(cc=", ".join(addresses)), "b")

    assert people() == addresses[:20]


def test_somebody_who_was_removed_stays_removed(operator: Operator) -> None:
    ticket = bring(build_mail(cc="petr@example.com"), "a").ticket
    participants.remove_participant(
        ticket_id=ticket.pk, participant_id=Participant.objects.get().pk, by=operator
    )

    bring(build_mail(cc="petr@example.com"), "b")

    assert people() == []
    assert HistoryEntry.objects.filter(event="participant_added").count() == 1


@pytest.mark.parametrize(
    "header", [{"auto_submitted": "auto-replied"}, {"subject": "Automatic reply: x"}]
)
def test_an_auto_reply_adds_nobody(header: dict[str, str]) -> None:
    bring(build_mail(), "a")

    bring(build_mail(cc="petr@example.com", **header), "b")

    assert people() == []


def test_mail_whose_sender_check_failed_adds_nobody() -> None:
    bring(build_mail(cc="petr@example.com", authentication_results=FAILED_CHECK), "a")

    assert people() == []


@pytest.mark.parametrize("recipients", [400, 4000])
def test_a_mail_with_many_addresses_adds_twenty(recipients: int) -> None:
    addresses = ", ".join(f"p{number}@example.com" for number in range(recipients))

    bring(build_mail(To=addresses, cc=addresses), "a")

    assert len(people()) == 20
