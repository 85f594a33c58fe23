"""`GET /desk/tickets/{id}/`: the page of a ticket."""

import re
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operators.models import Operator
from tests.factories import (
    HistoryEntryFactory,
    MessageFactory,
    NoteFactory,
    OperatorFactory,
    ParticipantFactory,
    RequesterFactory,
    TicketFactory,
)
from tests.sample_files import PNG
from tests.tickets.desk.pages import page_of, signed_in, text_of
from tickets.desk.conversation import PAGE_ENTRIES
from tickets.files.store import NewFile, attach_files, store_files
from tickets.models import Event, Message, SeenTicket, Status, Ticket

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>"
SENT = {"state": "sent", "sent_at": "2020-05-03T10:02:00Z", "timeline": []}


def url_of(ticket: Ticket) -> str:
    return f"/desk/tickets/{ticket.pk}/"


def answer_in(ticket: Ticket, by: Operator, **fields: Any) -> Message:
    """Store an operator's message."""
    return MessageFactory.create(
        ticket=ticket, sender_type="operator", operator=by, sender_name=by.name, **fields
    )


def with_files(message: Message, **contents: bytes) -> None:
    files = [
        NewFile(source=partial(list, [content]), name=name, content_id="")
        for name, content in contents.items()
    ]
    store_files(files)
    attach_files([(message, files)])


def test_the_conversation_is_in_its_order(desk: Client, ticket: Ticket, operator: Operator) -> None:
    begun = timezone.now()
    NoteFactory.create(ticket=ticket, author=operator, text="Guarantee until May", created_at=begun)
    HistoryEntryFactory.create(
        ticket=ticket,
        event=Event.TAKEN,
        operator=operator,
        created_at=begun + timedelta(seconds=1),
    )
    answer_in(ticket, operator, text="We come", delivery=SENT, written_at=begun + timedelta(1))

    page = page_of(desk, url_of(ticket))

    text = text_of(page, "conversation")
    places = [
        text.index(words)
        for words in (
            "С утра не печатает.",
            "Note",
            "Guarantee until May",
            f"{operator.name} took it",
            "Our answer",
            "We come",
            "Accepted by the mail server at 3 May 2020",
        )
    ]
    assert places == sorted(places)
    assert "Не печатает принтер" in text_of(page, "head")
    assert ticket.requester.email in text_of(page, "about")


@pytest.mark.usefixtures("files_folder")
def test_what_strangers_write_is_only_text(ticket: Ticket) -> None:
    operator = OperatorFactory.create(name=HOSTILE[:100])
    desk = signed_in(operator)
    requester = ticket.requester
    requester.name, requester.note = HOSTILE, HOSTILE
    requester.save()
    Ticket.objects.filter(pk=ticket.pk).update(
        title=HOSTILE, tags=["<b>"], status=Status.IN_PROGRESS, operator=operator
    )
    ParticipantFactory.create(ticket=ticket, name=HOSTILE, email='"<script>"@x.example')
    NoteFactory.create(ticket=ticket, author=operator, text=f"@{operator.pk} {HOSTILE}")
    HistoryEntryFactory.create(
        ticket=ticket, event=Event.PARTICIPANT_ADDED, details={"before": None, "after": HOSTILE}
    )
    step = {"state": "failed", "at": HOSTILE, "attempt": 1, "smtp_code": 550, "words": HOSTILE}
    delivery = {"state": HOSTILE, "reason": HOSTILE, "smtp_reply": HOSTILE, "timeline": [step]}
    bounce = {"action": "failed", "status": HOSTILE, "reason": HOSTILE}
    answer_in(
        ticket,
        operator,
        title=HOSTILE + "!",
        text=HOSTILE,
        delivery=delivery,
        copies={HOSTILE: {**delivery, "state": "bounced", "bounce": bounce}},
    )
    origin = dict.fromkeys(("kind", "kind_rule", "evidence", "rule", "signature"), HOSTILE)
    message = MessageFactory.create(
        ticket=ticket,
        sender_name=HOSTILE,
        sender_email="x@x.example",
        text=HOSTILE,
        html=HOSTILE,
        origin={
            **origin,
            "reply_to": [HOSTILE],
            "authentication": {"spf": HOSTILE},
            "rejected": [{"request": HOSTILE, "evidence": HOSTILE}],
        },
    )
    with_files(message, **{HOSTILE: b"text", f"{HOSTILE}.png": PNG})
    TicketFactory.create(requester=requester, title=HOSTILE, closed=True)

    body = desk.get(url_of(ticket)).content.decode()

    assert "<script>alert" not in body
    assert "<img src=x" not in body
    assert "&lt;script&gt;alert" in body
    assert not re.search(r"<[^>]+\son[a-z]+=", re.sub(r'"[^"]*"', '""', body))
    assert " style=" not in re.sub(r"&lt;.*?&gt;", "", body)


def test_texts_are_in_the_readers_language(ticket: Ticket, operator: Operator) -> None:
    russian = signed_in(operator, language="ru").get(url_of(ticket))

    assert 'lang="ru"' in russian.content.decode()


def test_the_newest_entries_come_first_and_lead_to_the_earlier_ones(
    desk: Client, ticket: Ticket
) -> None:
    for number in range(PAGE_ENTRIES):
        MessageFactory.create(ticket=ticket, text=f"message {number};")

    newest = page_of(desk, url_of(ticket))
    (link,) = newest.xpath("//a[@id='earlier']/@href")
    earlier = page_of(desk, url_of(ticket) + link.partition("/")[2].rpartition("/")[2])

    assert "message 0;" in text_of(newest, "conversation")
    assert "С утра не печатает." not in text_of(newest, "conversation")
    assert "С утра не печатает." in text_of(earlier, "conversation")
    assert "message" not in text_of(earlier, "conversation")
    assert not earlier.xpath("//a[@id='earlier']")


def test_an_unknown_cursor_is_an_error(desk: Client, ticket: Ticket) -> None:
    assert desk.get(url_of(ticket), {"before": "x"}).status_code == 400


def test_changes_one_after_the_other_are_folded(
    desk: Client, ticket: Ticket, operator: Operator
) -> None:
    for event in (Event.TAKEN, Event.CLOSED, Event.REOPENED):
        HistoryEntryFactory.create(ticket=ticket, event=event, operator=operator)

    page = page_of(desk, url_of(ticket))

    assert "3 changes" in text_of(page, "conversation")
    assert len(page.xpath("//div[@class='events']/details/ul/li")) == 3


def test_quoted_text_is_folded(desk: Client, ticket: Ticket) -> None:
    segments = [
        {"kind": "reply", "start": 0, "end": 4},
        {"kind": "quoted", "start": 4, "end": 10},
    ]
    MessageFactory.create(ticket=ticket, text="Yes\n> why?", segments=segments)

    page = page_of(desk, url_of(ticket))

    assert [text.text_content() for text in page.xpath("//details//blockquote")] == ["> why?"]


def test_the_html_of_a_mail_is_in_a_frame_that_can_do_nothing(desk: Client, ticket: Ticket) -> None:
    laid_out = MessageFactory.create(ticket=ticket, html='<table><img src="https://x.example/a">')
    plain = MessageFactory.create(ticket=ticket, html="<p>Hello</p>")

    page = page_of(desk, url_of(ticket))

    frames = page.xpath("//iframe")
    assert [frame.get("src") for frame in frames] == [
        f"{url_of(ticket)}messages/{message.pk}/html/" for message in (laid_out, plain)
    ]
    assert {frame.get("sandbox") for frame in frames} == {
        "allow-popups allow-popups-to-escape-sandbox"
    }
    # Only the one with images from elsewhere offers to show them.
    assert page.xpath("//a[contains(@href, 'images=1')]/@target") == [f"frame-{laid_out.pk}"]
    # A mail without a layout shows its text first.
    assert page.xpath(f"//details[@id='message-{plain.pk}-html']//iframe")
    assert not page.xpath(f"//details//iframe[@name='frame-{laid_out.pk}']")


def test_why_a_message_is_here_is_said_in_a_sentence(desk: Client, ticket: Ticket) -> None:
    origin = {
        "rule": "participant",
        "kind": "person",
        "evidence": "answers our mail <1@x>",
        "authentication": {"spf": "fail", "dkim": "", "dmarc": ""},
    }
    MessageFactory.create(ticket=ticket, origin=origin)

    text = text_of(page_of(desk, url_of(ticket)), "conversation")

    assert "A participant answered a mail of this ticket." in text
    assert "Written by" in text
    assert "SPF fail" in text
    assert "The sender may be forged" in text


def test_the_tickets_around_it_are_linked(desk: Client, operator: Operator) -> None:
    requester = RequesterFactory.create()
    previous = TicketFactory.create(requester=requester, title="Previous", closed=True)
    ticket = TicketFactory.create(requester=requester, previous=previous)
    merged = TicketFactory.create(title="Merged", closed=True, merged_into=ticket)
    TicketFactory.create(title="Following", closed=True, previous=ticket)

    about = text_of(page_of(desk, url_of(ticket)), "about")
    of_merged = page_of(desk, url_of(merged))

    for words in ("Follows", "Previous", "Merged from", "Merged", "Followed by", "Following"):
        assert words in about
    assert "Undo the merge" in text_of(of_merged, "head")
    assert f"#{ticket.pk}" in text_of(of_merged, "head")


def test_the_number_of_queries_is_the_same_for_one_entry_and_for_many(
    desk: Client, ticket: Ticket, operator: Operator
) -> None:
    note = NoteFactory.create(ticket=ticket, author=operator)
    HistoryEntryFactory.create(ticket=ticket, event=Event.TAKEN, operator=operator)
    answer_in(ticket, operator, delivery=SENT)
    desk.get(url_of(ticket))

    with CaptureQueriesContext(
        connection,
    ) as few:
        desk.get(url_of(ticket))
    for number in range(12):
        author = OperatorFactory.create()
        NoteFactory.create(ticket=ticket, author=author, text=f"@{note.author_id}")
        HistoryEntryFactory.create(ticket=ticket, event=Event.TAKEN, operator=author)
        answer_in(ticket, author, delivery=SENT)
        MessageFactory.create(ticket=ticket, sender_email=f"p{number}@x.example", html="<img>")
        ParticipantFactory.create(ticket=ticket)
        TicketFactory.create(requester=ticket.requester, closed=True, previous=ticket)
    desk.get(url_of(ticket))  # what is new is seen then
    with CaptureQueriesContext(connection) as many:
        desk.get(url_of(ticket))

    assert len(many) == len(few) <= 24


def test_whoever_opens_it_has_seen_it(desk: Client, ticket: Ticket, operator: Operator) -> None:
    desk.get(url_of(ticket))

    assert list(SeenTicket.objects.values_list("ticket", "operator", "message_count")) == [
        (ticket.pk, operator.pk, 1)
    ]


def test_a_ticket_that_is_not_there_is_a_page_that_says_so(desk: Client, db: None) -> None:
    answer = desk.get("/desk/tickets/999/")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_whoever_is_not_signed_in_is_asked_to(client: Client, ticket: Ticket) -> None:
    answer = client.get(url_of(ticket))

    assert answer.status_code == 302
    assert unquote(answer.headers["Location"]) == f"/desk/sign-in/?next={url_of(ticket)}"
