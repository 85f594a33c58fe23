"""The people in copy of a ticket, by hand: who may be added, and who was removed."""

import pytest
from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import OperatorFactory, ParticipantFactory, RequesterFactory, TicketFactory
from tickets.models import HistoryEntry, Participant, Ticket

pytestmark = pytest.mark.django_db


def url(ticket: Ticket, participant: int | None = None) -> str:
    tail = f"{participant}/" if participant else ""
    return f"/requests/user_requests/{ticket.pk}/participants/{tail}"


def history(ticket: Ticket) -> list[tuple[str, object, int | None]]:
    rows = HistoryEntry.objects.filter(ticket=ticket).order_by("pk")
    return list(rows.values_list("event", "details", "version"))


def test_somebody_is_added(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create()

    answer = api.post(url(ticket), {"email": "Petr@Example.com"}, format="json")

    added = Participant.objects.get()
    expected = {"id": added.pk, "email": "petr@example.com", "name": ""}
    assert (answer.status_code, answer.json()) == (201, expected)
    shown = api.get(f"/requests/user_requests/{ticket.pk}/").json()
    assert (shown["participants"], shown["version"]) == ([expected], 2)
    details = {"before": None, "after": "petr@example.com"}
    assert history(ticket) == [("participant_added", details, 2)]
    assert HistoryEntry.objects.get().operator == operator
    assert Ticket.objects.get().updated_at > ticket.updated_at


def test_somebody_is_added_whose_address_is_in_unicode(api: APIClient) -> None:
    ticket = TicketFactory.create()

    answer = api.post(url(ticket), {"email": "Пётр@xn--80a1acny.xn--p1ai"}, format="json")

    assert (answer.status_code, answer.json()["email"]) == (201, "пётр@почта.рф")
    assert Participant.objects.get().canonical_email == "пётр@xn--80a1acny.xn--p1ai"


def test_the_list_has_those_who_were_not_removed(api: APIClient) -> None:
    ticket = TicketFactory.create()
    first = ParticipantFactory.create(ticket=ticket, email="a@example.com", name="Анна")
    ParticipantFactory.create(ticket=ticket, is_removed=True)
    ParticipantFactory.create()
    second = ParticipantFactory.create(ticket=ticket, email="b@example.com", name="")

    answer = api.get(url(ticket))

    assert answer.json() == {
        "next": None,
        "previous": None,
        "results": [
            {"id": first.pk, "email": "a@example.com", "name": "Анна"},
            {"id": second.pk, "email": "b@example.com", "name": ""},
        ],
    }


def test_adding_somebody_who_is_there_changes_nothing(api: APIClient) -> None:
    participant = ParticipantFactory.create(email="petr@example.com")

    answer = api.post(url(participant.ticket), {"email": "PETR@example.com"}, format="json")

    assert (answer.status_code, answer.json()["id"]) == (200, participant.pk)
    assert Ticket.objects.get().version == 1
    assert history(participant.ticket) == []


def test_somebody_who_was_removed_is_added_again_by_hand(api: APIClient) -> None:
    participant = ParticipantFactory.create(email="petr@example.com", is_removed=True)

    answer = api.post(url(participant.ticket), {"email": "petr@example.com"}, format="json")

    assert (answer.status_code, answer.json()["id"]) == (201, participant.pk)
    assert Participant.objects.get().is_removed is False


def test_a_21st_is_409(api: APIClient) -> None:
    ticket = TicketFactory.create()
    ParticipantFactory.create(ticket=ticket, is_removed=True)
    ParticipantFactory.create_batch(19, ticket=ticket)
    assert api.post(url(ticket), {"email": "20th@example.com"}, format="json").status_code == 201

    answer = api.post(url(ticket), {"email": "21st@example.com"}, format="json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_participants")
    assert Participant.objects.filter(is_removed=False).count() == 20


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("desk@servicedesk.example", "This is an address of this desk itself."),
        ("Desk+tag@servicedesk.example", "This is an address of this desk itself."),
        ("ivan@example.com", "This is the requester's own address."),
        ("ivan+work@example.com", "This is the requester's own address."),
        ("maria@example.com", "This is an operator's address."),
        ("maria+desk@example.com", "This is an operator's address."),
        ("NoReply@example.com", "This address is a machine's, which reads no mail."),
        ("mailer-daemon@example.com", "This address is a machine's, which reads no mail."),
        ("petr", "Enter a valid email address."),
        ("", "This field may not be blank."),
    ],
)
def test_an_address_that_cannot_be_a_participants_is_400(
    api: APIClient, email: str, reason: str
) -> None:
    OperatorFactory.create(email="Maria@example.com")
    ticket = TicketFactory.create(requester=RequesterFactory.create(email="ivan@example.com"))

    answer = api.post(
        url(ticket), {"email": email}, format="json", headers={"Accept-Language": "en"}
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == {"email": [reason]}
    assert not Participant.objects.exists()


def test_an_address_is_named(api: APIClient) -> None:
    assert api.post(url(TicketFactory.create()), {}, format="json").status_code == 400


def test_somebody_is_removed(api: APIClient) -> None:
    participant = ParticipantFactory.create(email="petr@example.com")
    ticket = participant.ticket

    answer = api.delete(url(ticket, participant.pk))

    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(url(ticket)).json()["results"] == []
    details = {"before": "petr@example.com", "after": None}
    assert history(ticket) == [("participant_removed", details, 2)]
    assert api.delete(url(ticket, participant.pk)).status_code == 404
    assert Ticket.objects.get().version == 2


def test_an_unknown_ticket_or_participant_is_404(api: APIClient) -> None:
    participant = ParticipantFactory.create()
    other = TicketFactory.create()
    unknown = Ticket(pk=other.pk + 1)

    assert api.get(url(unknown)).status_code == 404
    assert api.post(url(unknown), {"email": ""}, format="json").status_code == 404
    assert api.delete(url(unknown, participant.pk)).status_code == 404
    assert api.delete(url(other, participant.pk)).status_code == 404
    assert api.delete(url(participant.ticket, participant.pk + 1)).status_code == 404
    assert Participant.objects.get().is_removed is False
