"""Which ticket a mail belongs to: each way there, and the ways that must not be taken."""

import pytest

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.mail import build_mail
from tests.mailing.inbound.bringing import bring
from tickets import services
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


def close(ticket: Ticket, operator: Operator) -> None:
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.close_ticket(ticket_id=ticket.pk, by=operator)


def why(message: Message) -> tuple[str, str, list[object]]:
    assert message.origin is not None
    return message.origin["rule"], message.origin["evidence"], message.origin["rejected"]


def test_a_first_mail_opens_a_ticket() -> None:
    message = bring(build_mail(), "a")

    assert (message.number, message.ticket.previous) == (1, None)
    assert why(message) == ("new_ticket", "nothing shows a closed request that it answers", [])


def test_mail_of_a_sender_with_an_open_ticket_joins_it() -> None:
    first = bring(build_mail(), "a")

    second = bring(build_mail(subject="Another thing"), "b")

    assert (second.ticket, second.number) == (first.ticket, 2)
    assert why(second) == (
        "open_ticket",
        f"request {first.ticket.pk} of the same sender is open",
        [],
    )


def test_mail_joins_a_ticket_in_progress(operator: Operator) -> None:
    first = bring(build_mail(), "a")
    services.take_ticket(ticket_id=first.ticket.pk, by=operator)

    assert bring(build_mail(), "b").ticket == first.ticket


def test_mail_after_closing_opens_a_linked_ticket(operator: Operator) -> None:
    first = bring(build_mail(message_id="<a@x>"), "a")
    close(first.ticket, operator)

    second = bring(build_mail(subject="Again"), "b")

    assert second.ticket != first.ticket
    assert (second.ticket.previous, second.number) == (first.ticket, 1)
    assert why(second) == (
        "last_ticket",
        f"request {first.ticket.pk} is this sender's last one",
        [],
    )
    assert Ticket.objects.get(pk=first.ticket.pk).status == "closed"
    assert OutboundEmail.objects.filter(kind="created").count() == 2


@pytest.mark.parametrize("field", ["in_reply_to", "references"])
def test_an_answer_to_an_older_closed_ticket_is_linked_to_that_one(
    operator: Operator, field: str
) -> None:
    older = bring(build_mail(message_id="<a@x>"), "a")
    close(older.ticket, operator)
    newer = bring(build_mail(message_id="<b@x>"), "b")
    close(newer.ticket, operator)

    third = bring(build_mail(**{field: "<a@x>"}), "c")

    assert third.ticket.previous == older.ticket
    assert why(third) == (
        "reference",
        "answers their mail <a@x>",
        [
            {
                "request": newer.ticket.pk,
                "rule": "last_ticket",
                "evidence": f"request {newer.ticket.pk} is this sender's last one",
            }
        ],
    )


def test_an_answer_to_a_mail_of_ours_is_linked_to_its_ticket(operator: Operator) -> None:
    first = bring(build_mail(), "a")
    close(first.ticket, operator)
    ours = OutboundEmail.objects.get(kind="closed").message_id_header

    second = bring(build_mail(in_reply_to=ours), "b")

    assert second.ticket.previous == first.ticket
    assert why(second)[:2] == ("reference", f"answers our mail {ours}")


def test_the_nearest_reference_counts(operator: Operator) -> None:
    older = bring(build_mail(message_id="<a@x>"), "a")
    close(older.ticket, operator)
    newer = bring(build_mail(message_id="<b@x>"), "b")
    close(newer.ticket, operator)

    third = bring(build_mail(references="<unknown@x> <a@x> <b@x>"), "c")

    assert third.ticket.previous == newer.ticket
    assert why(third)[0] == "reference"


def test_references_never_lead_out_of_the_senders_open_ticket(operator: Operator) -> None:
    closed = bring(build_mail(message_id="<a@x>"), "a")
    close(closed.ticket, operator)
    open_one = bring(build_mail(message_id="<b@x>"), "b")

    third = bring(build_mail(in_reply_to="<a@x>"), "c")

    assert third.ticket == open_one.ticket
    rule, _evidence, rejected = why(third)
    assert rule == "open_ticket"
    assert rejected == [
        {
            "request": closed.ticket.pk,
            "rule": "reference",
            "evidence": "answers their mail <a@x>",
        }
    ]


def test_references_never_lead_into_somebody_elses_open_ticket() -> None:
    victim = bring(build_mail("olga@example.com", message_id="<secret@x>"), "a")

    stranger = bring(build_mail("eve@example.com", in_reply_to="<secret@x>"), "b")

    assert stranger.ticket != victim.ticket
    assert stranger.ticket.requester.email == "eve@example.com"
    assert stranger.ticket.previous is None
    rule, _evidence, rejected = why(stranger)
    assert rule == "new_ticket"
    assert rejected == [
        {
            "request": victim.ticket.pk,
            "rule": "reference",
            "evidence": "answers their mail <secret@x>",
        }
    ]
    assert Ticket.objects.get(pk=victim.ticket.pk).message_count == 1


def test_a_reference_to_somebody_elses_closed_ticket_is_a_link_and_no_more(
    operator: Operator,
) -> None:
    # A colleague answers in copy: the ticket is theirs, the link says what it is about.
    first = bring(build_mail("olga@example.com", message_id="<a@x>"), "a")
    close(first.ticket, operator)

    colleague = bring(build_mail("petr@example.com", in_reply_to="<a@x>"), "b")

    assert colleague.ticket.requester.email == "petr@example.com"
    assert colleague.ticket.previous == first.ticket
    assert Ticket.objects.get(pk=first.ticket.pk).message_count == 1


def test_nobody_draws_anothers_link_by_repeating_their_message_id(operator: Operator) -> None:
    own = bring(build_mail("olga@example.com", message_id="<a@x>"), "a")
    close(own.ticket, operator)
    close(bring(build_mail("olga@example.com"), "b").ticket, operator)
    close(bring(build_mail("eve@example.com", message_id="<a@x>"), "c").ticket, operator)

    answer = bring(build_mail("olga@example.com", in_reply_to="<a@x>"), "d")

    assert answer.ticket.previous == own.ticket


def test_a_subject_with_a_ticket_number_leads_nowhere() -> None:
    victim = bring(build_mail("olga@example.com"), "a")

    stranger = bring(build_mail("eve@example.com", subject=f"Re: [#{victim.ticket.pk}] x"), "b")

    assert stranger.ticket != victim.ticket


def test_unknown_references_lead_nowhere() -> None:
    message = bring(build_mail(in_reply_to="<never@seen>", references="<nor@this>"), "a")

    assert why(message)[0] == "new_ticket"
