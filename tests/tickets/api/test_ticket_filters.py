"""The filters of `GET /requests/user_requests/`, alone and together, and its counts."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import OperatorFactory, ParticipantFactory, RequesterFactory, TicketFactory
from tests.responses import error_of, fetch_pages
from tickets.models import Priority, Requester, Ticket, WaitingOn

URL = "/requests/user_requests/"
COUNTS = f"{URL}counts/"
QUEUES = ["new", "mine", "waiting", "open", "snoozed", "needs_attention"]
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def shown(api: APIClient, query: str) -> list[int]:
    """Return the numbers of the tickets on all pages."""
    pages = fetch_pages(api, f"{URL}?page_size=2&{query}")
    return [row["request_id"] for page in pages for row in page["results"]]


def counted(api: APIClient, query: str = "") -> dict[str, Any]:
    answer = api.get(f"{COUNTS}?{query}")
    assert answer.status_code == 200, answer.content
    counts: dict[str, Any] = answer.json()
    return counts


@pytest.fixture
def queues(operator: Operator) -> dict[str, list[int]]:
    """Tickets of each kind, and the numbers that each queue has."""
    new = TicketFactory.create()
    answered = TicketFactory.create(waiting_on=WaitingOn.REQUESTER)
    mine = TicketFactory.create(taken=True, operator=operator, waiting_on=WaitingOn.REQUESTER)
    mine_waiting = TicketFactory.create(taken=True, operator=operator, needs_attention=True)
    other = TicketFactory.create(taken=True)
    snoozed_new = TicketFactory.create(snoozed_until=LATER)
    snoozed_mine = TicketFactory.create(taken=True, operator=operator, snoozed_until=LATER)
    closed = TicketFactory.create(closed=True, needs_attention=True)
    TicketFactory.create(closed=True, operator=operator)
    tickets = {
        "new": [new, answered],
        "mine": [mine, mine_waiting],
        "waiting": [new, mine_waiting, other],
        "open": [new, answered, mine, mine_waiting, other],
        "snoozed": [snoozed_new, snoozed_mine],
        "needs_attention": [mine_waiting, closed],
    }
    return {name: [ticket.pk for ticket in rows] for name, rows in tickets.items()}


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_lists_its_tickets(
    api: APIClient, queues: dict[str, list[int]], queue: str
) -> None:
    assert shown(api, f"queue={queue}") == queues[queue]
    assert shown(api, f"queue={queue}&ordering=-request_id") == queues[queue][::-1]


def test_the_counts_are_those_of_the_queues(api: APIClient, queues: dict[str, list[int]]) -> None:
    assert counted(api) == {name: len(rows) for name, rows in queues.items()}


def test_the_plain_list_shows_snoozed_and_closed_tickets_too(
    api: APIClient, queues: dict[str, list[int]]
) -> None:
    assert len(shown(api, "")) == 9


@pytest.mark.parametrize(
    "query",
    ["status=new", "status=closed", "operator=me", "operator=none", "priority=high", "snoozed=true",
     "needs_attention=true", "waiting_on=requester", "tag=vpn", "participant=a@b.example",
     "created_after=2001-01-01T00:00:00Z", "created_before=2001-01-01T00:00:00Z",
     "requester=nobody@example.com"],
)  # fmt: skip
def test_the_counts_take_the_filters_of_the_list(
    api: APIClient, queues: dict[str, list[int]], query: str
) -> None:
    listed = {queue: len(shown(api, f"queue={queue}&{query}")) for queue in QUEUES}

    assert counted(api, query) == listed


def test_the_counts_know_no_queue_and_no_page(api: APIClient, queues: dict[str, list[int]]) -> None:
    assert counted(api, "queue=foo&cursor=foo&ordering=foo") == counted(api)


def test_the_counts_are_exact_up_to_a_thousand(api: APIClient) -> None:
    requesters = Requester.objects.bulk_create(RequesterFactory.build_batch(1001))
    tickets = [TicketFactory.build(requester=requester) for requester in requesters]
    Ticket.objects.bulk_create(tickets[:1000])

    exact = counted(api)
    tickets[1000].save()
    more = counted(api)

    assert exact == {**dict.fromkeys(QUEUES, 0), "new": 1000, "waiting": 1000, "open": 1000}
    assert more == {**exact, "new": "1000+", "waiting": "1000+", "open": "1000+"}


def test_the_counts_take_one_statement(
    api: APIClient, queues: dict[str, list[int]], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):  # two of the token, and all the numbers
        counted(api)


def test_a_bad_filter_of_the_counts_is_400(api: APIClient) -> None:
    assert list(error_of(api.get(f"{COUNTS}?operator=foo"), 400, "invalid")["fields"]) == [
        "operator"
    ]


def test_the_holder_is_an_id_or_me_or_none(api: APIClient, operator: Operator) -> None:
    other = OperatorFactory.create()
    new = TicketFactory.create()
    mine = TicketFactory.create(taken=True, operator=operator)
    closed = TicketFactory.create(closed=True, operator=operator)
    theirs = TicketFactory.create(taken=True, operator=other)

    assert shown(api, "operator=me") == [mine.pk, closed.pk]
    assert shown(api, f"operator={operator.pk}") == [mine.pk, closed.pk]
    assert shown(api, f"operator={other.pk}") == [theirs.pk]
    assert shown(api, "operator=none") == [new.pk]
    assert shown(api, "operator=") == [new.pk, mine.pk, closed.pk, theirs.pk]


@pytest.mark.parametrize("unknown", ["0", "12345", "2147483648", "9" * 19])
def test_of_an_unknown_operator_there_is_none(api: APIClient, unknown: str) -> None:
    TicketFactory.create(taken=True)

    assert shown(api, f"operator={unknown}") == []
    assert counted(api, f"operator={unknown}") == dict.fromkeys(QUEUES, 0)


def test_the_requester_is_found_by_each_spelling_of_the_address(api: APIClient) -> None:
    TicketFactory.create()
    requester = RequesterFactory.create(
        email="ivan@пример.рф", canonical_email="ivan@xn--e1afmkfd.xn--p1ai"
    )
    closed = TicketFactory.create(requester=requester, closed=True)
    ticket = TicketFactory.create(requester=requester)

    for spelling in ("ivan@пример.рф", "Ivan@ПРИМЕР.рф", "ivan@xn--e1afmkfd.xn--p1ai"):
        assert shown(api, f"requester={quote(spelling)}") == [closed.pk, ticket.pk]
    for other in ("van@пример.рф", "ivan", "%", "ivan@example.com"):
        assert shown(api, f"requester={quote(other)}") == []


def test_a_participant_is_found_unless_removed(api: APIClient) -> None:
    ticket = ParticipantFactory.create(email="Petr@example.com").ticket
    ParticipantFactory.create(email="petr@example.com", is_removed=True)
    ParticipantFactory.create(email="anna@example.com", ticket=ticket)
    TicketFactory.create(requester=RequesterFactory.create(email="petr@example.com"))

    assert shown(api, "participant=PETR@example.com") == [ticket.pk]
    assert shown(api, "participant=anna@example.com") == [ticket.pk]
    assert shown(api, "participant=nobody@example.com") == []


def test_a_ticket_has_all_the_tags(api: APIClient) -> None:
    TicketFactory.create()
    both = TicketFactory.create(tags=["принтер", "vpn"])
    one = TicketFactory.create(tags=["vpn"])

    assert shown(api, "tag=vpn") == [both.pk, one.pk]
    assert shown(api, f"tag=VPN&tag={quote('Принтер')}") == [both.pk]
    assert shown(api, "tag=vpn&tag=") == [both.pk, one.pk]
    assert shown(api, "tag=vpn&tag=scanner") == []
    assert len(shown(api, "tag=")) == 3


@pytest.mark.parametrize("spelling", ["\u01f0", "J\u030c", " j\u030c "])
def test_a_tag_is_found_by_each_spelling(api: APIClient, spelling: str) -> None:
    ticket = TicketFactory.create(tags=["\u01f0"])

    assert shown(api, f"tag={quote(spelling)}") == [ticket.pk]


def test_priority_turn_snooze_and_attention_are_filters(api: APIClient) -> None:
    low = TicketFactory.create(priority=Priority.LOW, snoozed_until=LATER)
    normal = TicketFactory.create(waiting_on=WaitingOn.REQUESTER, needs_attention=True)
    closed = TicketFactory.create(closed=True)

    assert shown(api, "priority=low") == [low.pk]
    assert shown(api, "priority=normal") == [normal.pk, closed.pk]
    assert shown(api, "priority=urgent") == []
    assert shown(api, "waiting_on=operator") == [low.pk]
    assert shown(api, "waiting_on=requester") == [normal.pk]
    assert shown(api, "snoozed=true") == [low.pk]
    assert shown(api, "snoozed=false") == [normal.pk, closed.pk]
    assert shown(api, "needs_attention=true") == [normal.pk]


def test_times_are_inclusive_and_may_have_any_offset(api: APIClient) -> None:
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    tickets = [
        TicketFactory.create(
            created_at=noon + timedelta(microseconds=number),
            updated_at=noon + timedelta(hours=1, microseconds=number),
        ).pk
        for number in range(3)
    ]

    assert shown(api, "created_after=2026-11-23T12:00:00.000001Z") == tickets[1:]
    assert shown(api, "created_before=2026-11-23T15:00:00.000001%2B03:00") == tickets[:2]
    assert shown(api, "created_before=2026-11-23T15:00:00+03:00") == tickets[:1]  # "+" is a blank
    assert shown(api, "created_before=2026-11-23T09:00:00-0300") == tickets[:1]
    assert shown(api, "updated_after=2026-11-23T13:00:00.000002Z") == tickets[2:]
    assert shown(api, "updated_before=2026-11-23T12:59:59.999999Z") == []


def test_filters_apply_together(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create(
        taken=True, operator=operator, tags=["vpn"], priority=Priority.HIGH
    )
    TicketFactory.create(taken=True, operator=operator, tags=["vpn"])
    TicketFactory.create(taken=True, tags=["vpn"], priority=Priority.HIGH)
    TicketFactory.create(closed=True, operator=operator, tags=["vpn"], priority=Priority.HIGH)
    query = "queue=mine&operator=me&tag=vpn&priority=high&status=in_progress"

    assert shown(api, f"{query}&requester={ticket.requester.email}") == [ticket.pk]
    assert shown(api, "queue=mine&status=closed") == []
    assert shown(api, "status=new&operator=me") == []


BAD = {
    "queue": ["mail", "NEW", "new,mine", "%00"],
    "operator": ["foo", "-1", "1.5", "Me", "%D9%A3", "9" * 5000, "%00", "1 2"],
    "priority": ["1", "HIGH", "highest"],
    "waiting_on": ["nobody", "null"],
    "snoozed": ["1", "True", "perhaps"],
    "needs_attention": ["1"],
    "created_after": ["2026-11-23", "2026-11-23T09:00:00", "yesterday", "2026-06-31T00:00:00Z",
                      "0", "%00", "9" * 5000, "2026-11-23 09:00"],
    "created_before": ["2026-11-23T09:00:00"],
    "updated_after": ["2026-11-23T09:00:00"],
    "updated_before": ["2026-11-23T25:00:00Z"],
    "tag": ["%00", "x" * 51],
    "requester": ["%00"],
    "participant": ["a%00@example.com"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, v) for name, vs in BAD.items() for v in vs])
def test_a_bad_value_is_400_and_the_error_names_the_filter(
    api: APIClient, name: str, value: str
) -> None:
    answer = api.get(f"{URL}?{name}={value}")

    assert list(error_of(answer, 400, "invalid")["fields"]) == [name]


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23T24:00:00Z"]
)
def test_times_at_the_ends_of_the_calendar_are_no_error(api: APIClient, time: str) -> None:
    for name in ("created_after", "created_before"):
        assert api.get(f"{URL}?{name}={quote(time)}").status_code in (200, 400)


@pytest.mark.parametrize("name", BAD)
def test_an_empty_filter_is_as_if_absent(api: APIClient, name: str) -> None:
    ticket = TicketFactory.create()

    assert shown(api, f"{name}=") == [ticket.pk]


def test_the_error_says_what_is_allowed(api: APIClient) -> None:
    def problem(name: str, value: str) -> list[str]:
        answer = api.get(f"{URL}?{name}={value}", HTTP_ACCEPT_LANGUAGE="en")
        fields: dict[str, list[str]] = error_of(answer, 400, "invalid")["fields"]
        return fields[name]

    assert problem("priority", "big") == ["Must be one of low, normal, high, urgent."]
    assert problem("operator", "foo") == ["Must be an operator's id, me or none."]
    assert problem("snoozed", "no") == ["Must be true or false."]
    assert problem("created_after", "2026-11-23") == [
        "Must be a time in ISO 8601 with its offset, such as 2026-11-23T09:00:00+03:00."
    ]
