"""A reaction is shown on the ticket that it is about, and opens none."""

import pytest
from django.utils import timezone

from mailing.inbound import replay
from mailing.models import InboundEmail, OutboundEmail
from operators.models import Operator
from tests.inbox import receive
from tests.mail import build_mail
from tickets import services
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db

QUOTED = "________________________________\r\nFrom: Desk\r\nSubject: Re\r\n\r\nDone."


def gmail_reaction(in_reply_to: str, content: str = '{"emoji": "👍", "version": 1}') -> bytes:
    text = "--b\r\nContent-Type: text/plain\r\n\r\nIvan reacted via Gmail\r\n"
    kind = "text/vnd.google.email-reaction+json; charset=utf-8"
    html = "--b\r\nContent-Type: text/html\r\n\r\n<p>Ivan reacted via Gmail</p>\r\n--b--"
    return build_mail(
        subject="Re: Done",
        text=f"{text}--b\r\nContent-Type: {kind}\r\n\r\n{content}\r\n{html}",
        in_reply_to=in_reply_to,
        mime_version="1.0",
        content_type='multipart/alternative; boundary="b"',
    )


def outlook_reaction(in_reply_to: str, more: str = QUOTED) -> bytes:
    text = f"[like]  Ivan Petrov reacted to your message:\r\n{more}"
    return build_mail(subject="Re: Done", text=text, in_reply_to=in_reply_to)


def sent_reply(operator: Operator, *, close: bool) -> OutboundEmail:
    receive(build_mail(message_id="<1@example.com>"), prefix="first")
    ticket = Ticket.objects.get()
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Done.")
    if close:
        services.close_ticket(ticket_id=ticket.pk, by=operator)
    OutboundEmail.objects.update(state="sent", sent_at=timezone.now(), next_attempt_at=None)
    return OutboundEmail.objects.get(kind="reply")


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize(
    ("build", "words"), [(gmail_reaction, "👍"), (outlook_reaction, "[like]  Ivan Petrov reacted")]
)
def test_a_reaction_is_shown_on_its_ticket_and_opens_none(
    operator: Operator, build: type, words: str, close: bool
) -> None:
    row = sent_reply(operator, close=close)
    before = OutboundEmail.objects.count()

    receive(build(row.message_id_header), prefix="reaction")

    inbound = InboundEmail.objects.get(external_id="reaction1")
    assert inbound.state == "processed"
    ticket = Ticket.objects.get()
    assert ticket.status == ("closed" if close else "in_progress")
    message = Message.objects.latest("pk")
    assert (message.ticket, message.sender_type) == (ticket, "user")
    assert message.text.startswith(words)
    assert not message.attachments.exists()
    assert OutboundEmail.objects.count() == before


def test_a_reaction_crosses_an_answer_as_any_mail_of_the_requester(operator: Operator) -> None:
    row = sent_reply(operator, close=False)
    ticket = Ticket.objects.get()
    services.reply(
        ticket_id=ticket.pk, by=operator, title="Re", text="And now?", hold_if_crossed=True
    )

    receive(outlook_reaction(row.message_id_header), prefix="reaction")

    assert OutboundEmail.objects.latest("pk").state == "held"


@pytest.mark.parametrize(
    "content", ["", "[" * 5000, "[]", '{"emoji": "thanks", "version": 1}', '{"version": 1}']
)
def test_a_malformed_reaction_is_a_mail(operator: Operator, content: str) -> None:
    row = sent_reply(operator, close=True)

    receive(gmail_reaction(row.message_id_header, content), prefix="reaction")

    assert Ticket.objects.count() == 2


def test_who_writes_more_than_a_reaction_is_answered(operator: Operator) -> None:
    row = sent_reply(operator, close=True)

    receive(outlook_reaction(row.message_id_header, "It broke again."), prefix="more")

    assert Ticket.objects.count() == 2
    assert OutboundEmail.objects.latest("pk").state == "queued"


@pytest.mark.parametrize(
    ("build", "words"), [(gmail_reaction, "👍"), (outlook_reaction, "[like]  Ivan Petrov reacted")]
)
def test_somebody_elses_reaction_to_our_mail_is_shown_with_their_address_alone(
    operator: Operator, build: type, words: str
) -> None:
    row = sent_reply(operator, close=True)
    raw = build(row.message_id_header).replace(b"ivan@", b"eve@")

    receive(raw, prefix="reaction")

    message = Message.objects.latest("pk")
    assert message.ticket == Ticket.objects.get()
    assert message.text.startswith(words)
    assert message.text.endswith("\neve@example.com")
    assert len(message.text.splitlines()) == 2


@pytest.mark.parametrize("reference", ["<1@example.com>", "<unknown@example.com>"])
def test_a_reaction_to_somebody_elses_or_an_unknown_mail_opens_no_ticket(
    operator: Operator, reference: str
) -> None:
    sent_reply(operator, close=True)
    before = Message.objects.count()

    receive(gmail_reaction(reference).replace(b"ivan@", b"eve@"), prefix="reaction")

    inbound = InboundEmail.objects.get(external_id="reaction1")
    assert (inbound.state, inbound.reason) == ("ignored", "a reaction to an unknown mail: 👍")
    assert replay.ignoring_rule(inbound) == "reaction"
    assert (Ticket.objects.count(), Message.objects.count()) == (1, before)


def test_words_alone_that_say_reacted_open_a_ticket_without_an_acknowledgement() -> None:
    receive(outlook_reaction("<unknown@example.com>"))

    assert Ticket.objects.count() == 1
    notice = OutboundEmail.objects.get()
    assert (notice.state, notice.reason) == ("suppressed", "it is a reaction")
