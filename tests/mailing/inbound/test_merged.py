"""Mail of the requesters of merged tickets, and to these."""

import pytest

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.mail import build_mail
from tests.mailing.inbound.bringing import bring
from tickets import merging, services
from tickets.models import HistoryEntry, Message, Participant, Ticket

pytestmark = pytest.mark.django_db

ANNA, BORIS, CARL = "anna@example.com", "boris@example.com", "carl@example.com"


@pytest.fixture
def merged(operator: Operator) -> tuple[Ticket, Ticket]:
    """Anna's ticket, which was merged into Boris's; Carl is in copy of Anna's."""
    first = bring(build_mail(ANNA, message_id="<anna@x>", cc=CARL), "anna").ticket
    second = bring(build_mail(BORIS, message_id="<boris@x>"), "boris").ticket
    merging.merge_ticket(ticket_id=first.pk, into=second.pk, by=operator)
    return first, second


def close(ticket: Ticket, operator: Operator) -> None:
    if Ticket.objects.get(pk=ticket.pk).status == "new":
        services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.close_ticket(ticket_id=ticket.pk, by=operator)


def rule(message: Message) -> tuple[str, str]:
    assert message.origin is not None
    return message.origin["rule"], message.origin["evidence"]


def test_a_fresh_mail_of_the_merged_requester_joins_the_other_ticket(
    merged: tuple[Ticket, Ticket],
) -> None:
    first, second = merged

    message = bring(build_mail(ANNA), "a")

    assert (message.ticket, message.sender_email) == (second, ANNA)
    assert rule(message) == ("merged", f"this sender's request was merged into request {second.pk}")
    assert message.origin is not None
    assert message.origin["rejected"] == []
    assert HistoryEntry.objects.get(message=message).actor_email == ANNA
    assert Ticket.objects.get(pk=first.pk).message_count == 1
    assert OutboundEmail.objects.count() == 2


@pytest.mark.parametrize("name", ["<anna@x>", "<boris@x>"])
@pytest.mark.parametrize("sender", [ANNA, BORIS, CARL])
def test_an_answer_to_any_mail_of_either_ticket_joins_the_other_one(
    merged: tuple[Ticket, Ticket], sender: str, name: str
) -> None:
    message = bring(build_mail(sender, in_reply_to=name), "a")

    assert message.ticket == merged[1]
    assert message.sender_email == ("" if sender == BORIS else sender)


def test_an_answer_to_our_mail_about_the_merged_ticket_joins_the_other_one(
    merged: tuple[Ticket, Ticket],
) -> None:
    ours = OutboundEmail.objects.get(ticket=merged[0]).message_id_header

    message = bring(build_mail(ANNA, in_reply_to=ours), "a")

    assert message.ticket == merged[1]
    assert rule(message) == ("reference", f"answers our mail {ours}")


def test_an_answer_joins_the_other_ticket_beside_an_own_open_one(
    merged: tuple[Ticket, Ticket], operator: Operator
) -> None:
    _first, second = merged
    Ticket.objects.filter(pk=second.pk).update(status="closed", operator=operator)
    own = bring(build_mail(ANNA), "own").ticket
    Ticket.objects.filter(pk=second.pk).update(status="in_progress")

    answer = bring(build_mail(ANNA, in_reply_to="<anna@x>"), "a")
    fresh = bring(build_mail(ANNA), "b")

    assert (answer.ticket, fresh.ticket) == (second, own)


def test_mail_of_the_merged_requester_adds_nobody(merged: tuple[Ticket, Ticket]) -> None:
    bring(build_mail(ANNA, cc="petr@example.com"), "a")

    assert not Participant.objects.filter(email="petr@example.com").exists()


def test_mail_after_the_other_ticket_was_closed_opens_a_ticket(
    merged: tuple[Ticket, Ticket], operator: Operator
) -> None:
    first, second = merged
    close(second, operator)

    message = bring(build_mail(ANNA), "a")

    assert message.ticket not in merged
    assert message.ticket.previous == first


def test_mail_after_unmerging_joins_the_own_ticket(
    merged: tuple[Ticket, Ticket], operator: Operator
) -> None:
    first, second = merged
    merging.unmerge_ticket(ticket_id=first.pk, by=operator)

    fresh = bring(build_mail(ANNA), "a")
    answer = bring(build_mail(ANNA, in_reply_to="<boris@x>"), "b")
    carls = bring(build_mail(CARL, in_reply_to="<boris@x>"), "c")

    assert (fresh.ticket, answer.ticket) == (first, first)
    assert carls.ticket not in merged
    assert Ticket.objects.get(pk=second.pk).message_count == 1


def test_the_latest_merged_ticket_counts(merged: tuple[Ticket, Ticket], operator: Operator) -> None:
    _first, second = merged
    close(second, operator)
    own = bring(build_mail(ANNA), "own").ticket
    third = bring(build_mail(CARL), "third").ticket
    merging.merge_ticket(ticket_id=own.pk, into=third.pk, by=operator)
    Ticket.objects.filter(pk=second.pk).update(status="in_progress")

    assert bring(build_mail(ANNA), "a").ticket == third


def test_a_failed_sender_check_does_not_matter_for_the_merged_requester(
    merged: tuple[Ticket, Ticket],
) -> None:
    results = "mx.google.com; dmarc=fail"

    message = bring(build_mail(ANNA, authentication_results=results), "a")

    assert message.ticket == merged[1]
