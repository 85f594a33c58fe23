"""Where the mail of participants goes."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.inbox import process_inbox, store_mail
from tests.mail import build_mail
from tests.mailing.inbound.bringing import FAILED_CHECK, bring, people, sent_reply
from tickets import participants, services
from tickets.models import HistoryEntry, Message, Participant, Requester, Ticket

pytestmark = pytest.mark.django_db


def test_an_answer_of_a_participant_to_a_received_mail_joins_the_ticket(
    operator: Operator,
) -> None:
    first = bring(build_mail(message_id="<a@x>", cc="Petr <petr@example.com>"), "a")
    sent_reply(first.ticket, operator)

    second = bring(build_mail("Petr P <petr@example.com>", in_reply_to="<a@x>"), "b")

    assert (second.ticket, second.number) == (first.ticket, 3)
    assert (second.sender_type, second.sender_email) == ("user", "petr@example.com")
    assert second.sender_name == "Petr P"
    assert second.origin is not None
    assert (second.origin["rule"], second.origin["evidence"]) == (
        "participant",
        "answers their mail <a@x>",
    )
    ticket = Ticket.objects.get()
    assert (ticket.waiting_on, ticket.waiting_since) == ("operator", second.created_at)
    entry = HistoryEntry.objects.get(message=second)
    assert (entry.event, entry.actor_email) == ("requester_wrote", "petr@example.com")
    assert OutboundEmail.objects.filter(kind="created").count() == 1


@pytest.mark.parametrize("field", ["in_reply_to", "references"])
def test_an_answer_of_a_participant_to_a_mail_of_ours_joins_the_ticket(
    operator: Operator, field: str
) -> None:
    ticket = bring(build_mail(cc="petr@example.com"), "a").ticket
    ours = sent_reply(ticket, operator)

    second = bring(build_mail("petr@example.com", **{field: ours}), "b")

    assert second.ticket == ticket
    assert second.origin is not None
    assert second.origin["evidence"] == f"answers our mail {ours}"


def test_an_answer_of_a_participant_with_an_open_ticket_joins_the_other_one() -> None:
    first = bring(build_mail(message_id="<a@x>", cc="petr@example.com"), "a")
    own = bring(build_mail("petr@example.com"), "b").ticket

    answer = bring(build_mail("petr@example.com", in_reply_to="<a@x>"), "c")
    fresh = bring(build_mail("petr@example.com"), "d")

    assert (answer.ticket, fresh.ticket) == (first.ticket, own)
    assert own != first.ticket
    assert answer.origin is not None
    assert [row["request"] for row in answer.origin["rejected"]] == [own.pk]


def test_a_participants_mail_wakes_the_ticket() -> None:
    ticket = bring(build_mail(message_id="<a@x>", cc="petr@example.com"), "a").ticket
    until = timezone.now() + timedelta(days=1)
    Ticket.objects.update(snoozed_until=until)

    bring(build_mail("petr@example.com", in_reply_to="<a@x>"), "b")

    ticket.refresh_from_db()
    assert ticket.snoozed_until is None
    assert HistoryEntry.objects.get(event="woken").actor_email == "petr@example.com"


def test_a_participants_mail_adds_nobody() -> None:
    bring(build_mail(message_id="<a@x>", cc="petr@example.com"), "a")

    bring(build_mail("petr@example.com", in_reply_to="<a@x>", cc="olga@example.com"), "b")

    assert people() == ["petr@example.com"]


def test_a_participants_auto_reply_is_quiet(operator: Operator) -> None:
    ticket = bring(build_mail(cc="petr@example.com"), "a").ticket
    ours = sent_reply(ticket, operator)

    bring(build_mail("petr@example.com", in_reply_to=ours, auto_submitted="auto-replied"), "b")

    ticket.refresh_from_db()
    assert (ticket.message_count, ticket.waiting_on) == (3, "requester")


@pytest.mark.parametrize(
    ("results", "joins"),
    [
        ("", True),
        ("mx.google.com; dmarc=pass; spf=fail; dkim=fail", True),
        ("mx.google.com; spf=softfail; dkim=neutral", True),
        ("elsewhere.example; dmarc=fail", True),
        (FAILED_CHECK, False),
        ("mx.google.com; spf=fail", False),
        ("mx.google.com; dkim=fail; dmarc=none", False),
    ],
)
def test_a_participants_mail_joins_unless_its_sender_check_failed(
    results: str, joins: bool
) -> None:
    first = bring(build_mail(message_id="<a@x>", cc="petr@example.com"), "a")
    header = {"authentication_results": results} if results else {}

    second = bring(build_mail("petr@example.com", in_reply_to="<a@x>", **header), "b")

    assert (second.ticket == first.ticket) is joins


def own_affair(message: Message, ticket: Ticket) -> bool:
    return message.ticket != ticket and message.number == 1 and message.sender_email == ""


def test_mail_that_answers_nothing_or_another_mail_is_their_own_affair() -> None:
    first = bring(build_mail(message_id="<a@x>", cc="petr@example.com, olga@example.com"), "a")
    bring(build_mail("carl@example.com", message_id="<c@x>"), "c")

    fresh = bring(build_mail("petr@example.com"), "b")
    other = bring(build_mail("olga@example.com", in_reply_to="<c@x>"), "d")

    assert own_affair(fresh, first.ticket)
    assert own_affair(other, first.ticket)


def test_mail_of_a_stranger_and_of_somebody_removed_is_their_own_affair(
    operator: Operator,
) -> None:
    ticket = bring(build_mail(message_id="<a@x>", cc="petr@example.com"), "a").ticket
    participants.remove_participant(
        ticket_id=ticket.pk, participant_id=Participant.objects.get().pk, by=operator
    )

    removed = bring(build_mail("petr@example.com", in_reply_to="<a@x>"), "b")
    stranger = bring(build_mail("olga@example.com", in_reply_to="<a@x>"), "c")

    assert own_affair(removed, ticket)
    assert own_affair(stranger, ticket)


def test_mail_of_a_participant_after_the_closing_is_their_own_affair(
    operator: Operator,
) -> None:
    ticket = bring(build_mail(message_id="<a@x>", cc="petr@example.com"), "a").ticket
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.close_ticket(ticket_id=ticket.pk, by=operator)

    message = bring(build_mail("petr@example.com", in_reply_to="<a@x>"), "b")

    assert own_affair(message, ticket)
    assert message.ticket.previous == ticket


def test_a_copied_message_id_does_not_change_where_a_participants_answer_goes() -> None:
    bring(build_mail("thief@example.com", message_id="<a@x>"), "t")
    first = bring(build_mail(message_id="<a@x>", cc="petr@example.com"), "a")
    bring(build_mail("other@example.com", message_id="<a@x>"), "u")

    message = bring(build_mail("petr@example.com", in_reply_to="<a@x>"), "b")

    assert message.ticket == first.ticket


def test_an_answer_in_the_same_batch_joins_the_ticket() -> None:
    raws = [
        build_mail(message_id="<a@x>", cc="petr@example.com"),
        build_mail("petr@example.com", message_id="<b@x>", in_reply_to="<a@x>"),
        build_mail(in_reply_to="<b@x>", cc="olga@example.com"),
        build_mail("olga@example.com", in_reply_to="<b@x>"),
        build_mail("carl@example.com", in_reply_to="<a@x>"),
    ]
    senders = ["ivan", "petr", "ivan", "olga", "carl"]
    for number, (sender, raw) in enumerate(zip(senders, raws, strict=True)):
        store_mail(f"{sender}@example.com", raw=raw, minutes_ago=9 - number)

    process_inbox()

    ticket = Ticket.objects.get(requester__email="ivan@example.com")
    theirs = Message.objects.filter(ticket=ticket).order_by("number")
    assert list(theirs.values_list("sender_email", flat=True)) == [
        "",
        "petr@example.com",
        "",
        "olga@example.com",
    ]
    assert Ticket.objects.count() == 2
    assert people() == ["petr@example.com", "olga@example.com"]


def test_an_answer_in_the_same_batch_as_further_mail_joins_the_ticket() -> None:
    first = bring(build_mail(cc="petr@example.com"), "a")
    store_mail(raw=build_mail(message_id="<b@x>"), minutes_ago=2)
    answer = build_mail("petr@example.com", in_reply_to="<b@x>")
    store_mail("petr@example.com", raw=answer, minutes_ago=1)

    process_inbox()

    assert Ticket.objects.get() == first.ticket
    assert Message.objects.count() == 3


def test_a_participant_is_a_requester_without_tickets(api: Any) -> None:
    first = bring(build_mail(message_id="<a@x>", cc="petr@example.com"), "a")

    bring(build_mail("petr@example.com", in_reply_to="<a@x>"), "b")

    assert not Requester.objects.get(email="petr@example.com").tickets.exists()
    messages = api.get(f"/mgs/requests/{first.ticket_id}/mgs/").json()["results"]
    assert [(row["sender_type"], row["sender_id"]) for row in messages] == [
        ("user", "ivan@example.com"),
        ("user", "petr@example.com"),
    ]
