"""The original script's messages: title, description and address."""

from typing import Any

import pytest

from mailing.models import InboundEmail, OutboundEmail
from tests.inbox import process_inbox
from tests.webhook import post_to_webhook
from tickets.models import Message, Requester, Ticket

pytestmark = pytest.mark.django_db


def fields(title: str = "Printer", address: str = "ivan@example.com", **more: Any) -> Any:
    return {"title": title, "description": f"About {title}", "user_email": address, **more}


def results(content: Any, **how: Any) -> list[tuple[str, str]]:
    answer = post_to_webhook(content, **how)
    assert answer.status_code == 202, answer.content
    return [(one["id"], one["status"]) for one in answer.json()["results"]]


def test_the_three_fields_become_a_ticket() -> None:
    found = results([fields("Не печатает", "Иван Петров <Ivan@Example.com>")], webhook_id="w1")
    process_inbox()

    assert found == [("w1:0", "accepted")]
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.description) == ("Не печатает", "About Не печатает")
    assert ticket.requester.email == "ivan@example.com"
    assert ticket.requester.name == "Иван Петров"
    row = InboundEmail.objects.get()
    assert (row.source, row.state, row.ticket_id) == ("fields", "processed", ticket.pk)
    assert OutboundEmail.objects.get().recipient == "ivan@example.com"


def test_a_single_object_is_taken_too() -> None:
    assert results(fields(), webhook_id="w1") == [("w1:0", "accepted")]


def test_the_list_stands_newest_first_and_is_worked_from_its_end() -> None:
    results([fields("third"), fields("second"), fields("first")])

    assert process_inbox() == 3

    messages = Message.objects.order_by("number")
    assert [(one.number, one.title) for one in messages] == [
        (1, "first"),
        (2, "second"),
        (3, "third"),
    ]
    assert Ticket.objects.get().title == "first"
    assert OutboundEmail.objects.count() == 1


def test_without_an_id_a_repeated_call_is_known_by_its_webhook_id() -> None:
    content = [fields("a"), fields("b")]
    results(content, webhook_id="w1")

    again = results(content, webhook_id="w1")
    other = results(content, webhook_id="w2")

    assert again == [("w1:0", "duplicate"), ("w1:1", "duplicate")]
    assert other == [("w2:0", "accepted"), ("w2:1", "accepted")]


def test_with_an_id_a_repeated_message_is_known_by_it() -> None:
    assert results([fields(id="18c2f0")], webhook_id="w1") == [("18c2f0", "accepted")]
    assert results([fields(id="18c2f0")], webhook_id="w2") == [("18c2f0", "duplicate")]


def test_a_gmail_message_of_the_same_id_is_another_one() -> None:
    results([fields(id="18c2f0")])

    assert results([{"id": "18c2f0", "raw": "RnJvbTogYUBiLmMNCg0KeA"}]) == [("18c2f0", "accepted")]


def test_a_very_long_webhook_id_still_tells_the_messages_of_a_call_apart() -> None:
    found = results([fields("a"), fields("b")], webhook_id="w" * 300)

    assert [status for _id, status in found] == ["accepted", "accepted"]
    assert InboundEmail.objects.count() == 2


@pytest.mark.parametrize("identifier", [None, "", 7, "a\0b", "x" * 256, "\ud800"])
def test_an_id_that_cannot_be_kept_is_as_none(identifier: Any) -> None:
    assert results([fields(id=identifier)], webhook_id="w1") == [("w1:0", "accepted")]


@pytest.mark.parametrize("address", ["", "nobody", None, 5, ["a@b.c"], "<>", "@", "a@", "a b"])
def test_without_a_usable_address_it_opens_a_ticket_of_its_own(address: Any) -> None:
    results([{**fields(), "user_email": address}])

    process_inbox()

    row = InboundEmail.objects.get()
    assert (row.state, row.kind) == ("processed", "machine")
    assert Requester.objects.get().email == f"unknown-{row.pk}@sender.invalid"
    assert OutboundEmail.objects.get().state == "suppressed"


def test_missing_and_malformed_fields_are_as_empty_ones() -> None:
    results([{"user_email": "a@example.com"}, {"user_email": "b@example.com", "title": 5,
             "description": {"a": 1}}])  # fmt: skip

    process_inbox()

    assert list(Ticket.objects.values_list("title", "description")) == [("", ""), ("", "")]


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("a\r\nBcc: eve@example.com", "a Bcc: eve@example.com"),
        ("a\0b", "ab"),
        ("\ud800", "?"),
        ("😀" * 200, "😀" * 200),
        ("=?utf-8?q?x?=", "=?utf-8?q?x?="),
    ],
)
def test_a_title_cannot_break_out_of_its_header(title: str, kept: str) -> None:
    results([fields(title)])

    process_inbox()

    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.requester.email) == (kept, "ivan@example.com")


def test_an_address_cannot_break_out_of_its_header() -> None:
    results([fields(address="ivan@example.com\r\nReply-To: eve@example.com\r\n\r\nbody")])

    head, _, body = bytes(InboundEmail.objects.get().raw or b"").partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"From: ivan@example.com Reply-To: eve@example.com body"
    assert len(head.split(b"\r\n")) == 5
    assert body == b"About Printer"


def test_a_description_keeps_its_lines_and_letters() -> None:
    results([{**fields(), "description": "Добрый день,\r\n\r\nпринтер\n— не печатает.\n😀"}])

    process_inbox()

    assert Ticket.objects.get().description == "Добрый день,\n\nпринтер\n— не печатает.\n😀"


def test_both_forms_may_stand_in_one_call() -> None:
    found = results({"messages": [fields("a"), {"id": "m1", "raw": "RnJvbTogYUBiLmMNCg0KeA"}]})

    assert [status for _id, status in found] == ["accepted", "accepted"]
    assert process_inbox() == 2


@pytest.mark.parametrize(
    "address",
    ["\u200bivan@example.com\ufeff", "iv\u00adan@example.com", "\u202aivan@example.com\u202c"],
)
def test_invisible_characters_of_a_copied_address_are_no_part_of_it(address: str) -> None:
    results([fields(address=address)])
    process_inbox()

    assert Ticket.objects.get().requester.email == "ivan@example.com"
    assert OutboundEmail.objects.get().recipient == "ivan@example.com"
