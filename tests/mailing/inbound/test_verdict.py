"""What a mail is to this desk: our own addresses, contact forms, mail that names no sender."""

import pytest
from pytest_django.fixtures import Settings

from mailing.models import InboundEmail, OutboundEmail
from tests.inbox import process_inbox, store_mail
from tests.mail import build_mail
from tests.webhook import post_mails
from tickets.models import Message, Requester, Ticket

pytestmark = pytest.mark.django_db


State = InboundEmail.State


def states() -> list[str]:
    return list(InboundEmail.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.parametrize(
    "sender",
    [
        "desk@servicedesk.example",
        "Desk <DESK@ServiceDesk.example>",
        "desk+tag@servicedesk.example",
        "billing@servicedesk.example",
    ],
)
def test_mail_from_our_own_addresses_opens_a_ticket_without_an_acknowledgement(sender: str) -> None:
    row = store_mail("desk@servicedesk.example", raw=build_mail(sender))

    process_inbox()

    row.refresh_from_db()
    assert row.parse is not None
    assert (row.state, row.kind, row.parse["kind_rule"]) == (
        State.PROCESSED,
        "machine",
        "our address",
    )
    assert Ticket.objects.count() == 1
    assert OutboundEmail.objects.get().state == "suppressed"


def test_nothing_automatic_is_sent_to_our_own_address_even_if_a_person_wrote() -> None:
    row = store_mail(raw=build_mail("desk+tag@servicedesk.example"), as_person=True)

    process_inbox()

    row.refresh_from_db()
    assert (row.state, row.kind) == (State.PROCESSED, "person")
    notice = OutboundEmail.objects.get()
    assert (notice.state, notice.reason) == (
        "suppressed",
        "it is one of this desk's own addresses",
    )


def test_our_own_notice_that_comes_back_is_ignored() -> None:
    store_mail("ivan@example.com", minutes_ago=1)
    process_inbox()
    notice = OutboundEmail.objects.get()
    back = store_mail("eve@example.com", raw=bytes(notice.content).replace(b"desk@", b"eve@"))

    process_inbox()

    back.refresh_from_db()
    assert (back.state, back.reason) == (
        State.IGNORED,
        f"our own mail: {notice.message_id_header}",
    )
    assert Ticket.objects.count() == 1


def test_a_contact_forms_customer_is_the_requester() -> None:
    form = {"reply_to": "Olga <Olga@Example.com>"}
    row = store_mail("olga@example.com", raw=build_mail("Site <form@site.example>", **form))

    process_inbox()

    row.refresh_from_db()
    assert row.state == State.PROCESSED
    requester = Requester.objects.get()
    assert (requester.email, requester.name) == ("olga@example.com", "Olga")
    assert OutboundEmail.objects.get().recipient == "olga@example.com"


def test_reply_to_of_anybody_else_is_shown_and_changes_nothing() -> None:
    store_mail("ivan@example.com", raw=build_mail(reply_to="Eve <eve@example.com>"))

    process_inbox()

    message = Message.objects.select_related("ticket__requester").get()
    assert message.ticket.requester.email == "ivan@example.com"
    assert message.origin is not None
    assert message.origin["reply_to"] == ["eve@example.com"]


def test_a_listed_form_that_sends_from_our_own_address_is_its_customers_mail(
    settings: Settings,
) -> None:
    settings.FORM_SENDERS = [settings.SUPPORT_ADDRESS]
    post_mails(build_mail(settings.SUPPORT_ADDRESS, reply_to="Lena <lena@example.org>"))

    process_inbox()

    assert Requester.objects.get().email == "lena@example.org"
    notice = OutboundEmail.objects.get()
    assert (notice.recipient, notice.state) == ("lena@example.org", "queued")


def test_a_form_that_is_not_listed_gets_a_ticket_for_its_customer_and_no_acknowledgement() -> None:
    post_mails(build_mail("noreply@site.example", reply_to="lena@example.org"))

    process_inbox()

    assert Ticket.objects.get().requester.email == "lena@example.org"
    assert OutboundEmail.objects.get().state == "suppressed"


def test_people_who_write_by_way_of_a_group_have_tickets_of_their_own() -> None:
    def via_group(name: str) -> bytes:
        sender = f"'{name}' via Support <desk@servicedesk.example>"
        fields = {"List_Id": "<desk.servicedesk.example>", "Reply_To": f"{name}@example.org"}
        return build_mail(sender, **fields)

    post_mails(via_group("anna"), via_group("bob"), via_group("anna"))

    process_inbox()

    tickets = Ticket.objects.order_by("pk").values_list("requester__email", "message_count")
    assert list(tickets) == [("anna@example.org", 2), ("bob@example.org", 1)]
    assert set(OutboundEmail.objects.values_list("state", flat=True)) == {"queued"}


@pytest.mark.parametrize(
    ("list_address", "state", "reason"),
    [
        ("billing@servicedesk.example", "queued", ""),
        (
            "help@lists.example",
            "suppressed",
            "it came by a mailing list whose address is not in OWN_ADDRESSES",
        ),
    ],
)
def test_a_group_that_leaves_from_as_it_is_gives_its_members_their_own_tickets(
    list_address: str, state: str, reason: str
) -> None:
    fields = {"List_Id": "<x>", "List_Post": f"<mailto:{list_address}>", "Cc": list_address}

    post_mails(build_mail("anna@example.org", Precedence="list", **fields))
    process_inbox()

    assert Ticket.objects.get().requester.email == "anna@example.org"
    notice = OutboundEmail.objects.get()
    assert (notice.recipient, notice.state, notice.reason) == ("anna@example.org", state, reason)


@pytest.mark.parametrize("reply_to", [{}, {"reply_to": ""}, {"reply_to": "nobody"}])
def test_a_contact_forms_mail_without_its_customer_opens_a_ticket_of_its_own(
    reply_to: dict[str, str],
) -> None:
    row = store_mail("", raw=build_mail("form@site.example", **reply_to))

    process_inbox()

    row.refresh_from_db()
    assert (row.state, row.kind) == (State.PROCESSED, "machine")
    assert Ticket.objects.get().requester.email == f"unknown-{row.pk}@sender.invalid"
    assert OutboundEmail.objects.get().state == "suppressed"


@pytest.mark.parametrize(
    "fields",
    [
        {"reply_to": "noreply@shop.example"},
        {"reply_to": "mailer-daemon@shop.example", "precedence": "bulk"},
        {
            "reply_to": "victim@example.com",
            "auto_submitted": "auto-generated",
            "authentication_results": "mx.google.com; dmarc=fail",
        },
    ],
)
def test_nobody_can_have_a_contact_form_answer_machines_or_strangers(
    fields: dict[str, str],
) -> None:
    store_mail("", raw=build_mail("form@site.example", **fields))

    process_inbox()

    assert InboundEmail.objects.get().kind == "machine"
    assert OutboundEmail.objects.get().state == "suppressed"


def test_a_contact_form_that_names_the_desk_as_customer_is_not_acknowledged() -> None:
    raw = build_mail("form@site.example", reply_to="desk@servicedesk.example")
    row = store_mail("desk@servicedesk.example", raw=raw)

    process_inbox()

    row.refresh_from_db()
    assert (row.state, row.kind) == (State.PROCESSED, "machine")
    assert OutboundEmail.objects.get().state == "suppressed"


@pytest.mark.parametrize("raw", [b"", b"\0" * 100, b"no header at all", build_mail("nobody")])
def test_mail_without_a_sender_opens_a_ticket_of_its_own_that_nobody_is_told_of(
    raw: bytes,
) -> None:
    rows = [store_mail("", raw=raw) for _ in range(2)]

    process_inbox()

    requesters = Ticket.objects.order_by("pk").values_list("requester__email", flat=True)
    assert list(requesters) == [f"unknown-{row.pk}@sender.invalid" for row in rows]
    assert states() == [State.PROCESSED] * 2
    assert set(OutboundEmail.objects.values_list("state", flat=True)) == {"suppressed"}


@pytest.mark.parametrize("domain", ["sender.invalid", "ｓｅｎｄｅｒ.invalid", "𝐬ender.invalid"])
def test_nobody_joins_the_ticket_of_a_mail_without_a_sender(domain: str) -> None:
    row = store_mail("", raw=build_mail("nobody"))
    process_inbox()
    forged = f"unknown-{row.pk}@{domain}"
    store_mail(forged, raw=build_mail(forged))

    process_inbox()

    assert list(Ticket.objects.values_list("message_count", flat=True)) == [1, 1]
    assert set(OutboundEmail.objects.values_list("state", flat=True)) == {"suppressed"}
