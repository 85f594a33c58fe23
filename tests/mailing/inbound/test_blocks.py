"""Mail of blocked addresses and domains is stored, and ignored."""

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from mailing.inbound import replay
from mailing.models import Block, InboundEmail, OutboundEmail
from mailing.parsing.limits import Limits
from operators.models import Operator
from tests.factories import BlockFactory
from tests.inbox import process_inbox, receive
from tests.mail import build_delivery_report, build_mail
from tickets import services
from tickets.models import Message, Requester, Ticket

pytestmark = pytest.mark.django_db


def end() -> tuple[str, str]:
    mail = InboundEmail.objects.order_by("-pk")[0]
    assert mail.raw
    return mail.state, mail.reason


@pytest.mark.parametrize(
    ("pattern", "sender"),
    [
        ("anna@spam.example", "Anna <Anna@spam.example>"),
        ("@spam.example", "anna@SPAM.example"),
        ("@xn--bcher-kva.example", "anna@b\u00fccher.example"),
    ],
)
def test_mail_of_a_blocked_sender_is_ignored(pattern: str, sender: str) -> None:
    BlockFactory.create(pattern=pattern)

    receive(build_mail(sender))

    assert end() == ("ignored", f"blocked by {pattern}")
    assert not Message.objects.exists()
    assert not Requester.objects.exists()
    assert not OutboundEmail.objects.exists()


def test_a_block_of_the_address_is_named_before_one_of_its_domain() -> None:
    BlockFactory.create(pattern="anna@spam.example")
    BlockFactory.create(pattern="@spam.example")

    receive(build_mail("anna@spam.example"))

    assert end() == ("ignored", "blocked by anna@spam.example")


@pytest.mark.parametrize("sender", ["boris@spam.example", "a@sub.spam.example", "a@example"])
def test_mail_of_others_is_not_ignored(sender: str) -> None:
    BlockFactory.create(pattern="anna@spam.example")
    BlockFactory.create(pattern="@spam.example.org")
    BlockFactory.create(pattern="@bspam.example")

    receive(build_mail(sender))

    assert end() == ("processed", "")


def test_mail_to_an_open_ticket_is_ignored_too() -> None:
    receive(build_mail("anna@spam.example"))
    BlockFactory.create(pattern="@spam.example")

    receive(build_mail("anna@spam.example", subject="More"), prefix="b")

    assert end() == ("ignored", "blocked by @spam.example")
    assert Ticket.objects.get().message_count == 1


def test_a_participants_mail_is_ignored_too() -> None:
    receive(build_mail(message_id="<a@x>", cc="anna@spam.example"))
    BlockFactory.create(pattern="anna@spam.example")

    receive(build_mail("anna@spam.example", in_reply_to="<a@x>"), prefix="b")

    assert end() == ("ignored", "blocked by anna@spam.example")
    assert Message.objects.count() == 1


def test_mail_that_cannot_be_read_is_ignored_as_well(settings: Settings) -> None:
    settings.PARSE_LIMITS = Limits(message_bytes=100)
    BlockFactory.create(pattern="@spam.example")

    receive(build_mail("anna@spam.example"), build_mail("anna@example.com", text="x" * 100))

    ends = InboundEmail.objects.order_by("external_id").values_list("state", flat=True)
    assert list(ends) == ["ignored", "quarantined"]


def test_a_report_about_our_mail_is_recorded(operator: Operator) -> None:
    receive(build_mail())
    ticket = Ticket.objects.get()
    reply = services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Done.")
    outbound = OutboundEmail.objects.get(message=reply)
    BlockFactory.create(pattern="@mx.example.com")

    receive(build_delivery_report(outbound.message_id_header), prefix="b")

    assert end()[0] == "processed"


def test_a_blocked_mail_is_accepted_by_a_supervisor(supervisor_api: APIClient) -> None:
    BlockFactory.create(pattern="@spam.example")
    receive(build_mail("anna@spam.example"))
    mail = InboundEmail.objects.get()
    assert replay.ignoring_rule(mail) == "block"

    assert supervisor_api.post(f"/mail/inbox/{mail.pk}/accept").status_code == 200
    process_inbox()

    assert end() == ("processed", "")
    assert Ticket.objects.get().requester.email == "anna@spam.example"


def test_a_blocked_mail_is_replayed_once_its_sender_is_not_blocked(
    supervisor_api: APIClient,
) -> None:
    BlockFactory.create(pattern="@spam.example")
    receive(build_mail("anna@spam.example"))
    mail = InboundEmail.objects.get()
    supervisor_api.post(f"/mail/inbox/{mail.pk}/replay")
    process_inbox()
    assert end() == ("ignored", "blocked by @spam.example")

    Block.objects.all().delete()
    supervisor_api.post(f"/mail/inbox/{mail.pk}/replay")
    process_inbox()

    assert end() == ("processed", "")
