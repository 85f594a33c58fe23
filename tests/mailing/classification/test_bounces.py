"""Delivery failures: for whom, why, and about which mail of ours."""

from __future__ import annotations

import pytest

from mailing.classification.bounces import find_bounce, find_complaint
from mailing.parsing.message import parse
from tests.mailing.classification.samples import sample, text_mail
from tests.paths import MAIL

PASTED = "Delivery failed permanently:\n  b@d.example\n550 5.1.1 user unknown\nAction: failed"


@pytest.mark.parametrize(
    ("name", "recipients", "action", "status", "reason", "ids", "hard"),
    [
        (
            "dsn_postfix.eml",
            ("anna@client.example",),
            "failed",
            "5.1.1",
            "550 5.1.1 <anna@client.example>: Recipient address rejected: User unknown",
            ("<ours-1@desk.example>",),
            True,
        ),
        (
            "dsn_delayed.eml",
            ("anna@client.example",),
            "delayed",
            "4.4.1",
            "4.4.1",
            ("<ours-2@desk.example>",),
            False,
        ),
        (
            "bounce_mailru.eml",
            ("anna@mail.example",),
            "failed",
            "5.1.1",
            "host mx.mail.example [192.0.2.2]: 550 5.1.1 user not found",
            ("<ours-3@desk.example>",),
            True,
        ),
        (
            "bounce_qmail.eml",
            ("anna@client.example",),
            "failed",
            "5.1.1",
            "Sorry, no mailbox here by that name. (#5.1.1)",
            ("<ours-4@desk.example>",),
            True,
        ),
    ],
)
def test_a_failure_has_recipients_reason_and_original_message_ids(
    name: str,
    recipients: tuple[str, ...],
    action: str,
    status: str,
    reason: str,
    ids: tuple[str, ...],
    hard: bool,
) -> None:
    bounce = find_bounce(sample(name))

    assert bounce is not None
    assert bounce.recipients == recipients
    assert (bounce.action, bounce.status, bounce.reason) == (action, status, reason)
    assert bounce.original_message_ids == ids
    assert bounce.is_hard is hard


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("postmaster@c.example", "Недоставленное сообщение", "Адресат a@c.example не найден"),
        (
            "Administrator@c.example",
            "DELIVERY FAILURE: User a",
            "was not delivered to\n a@c.example",
        ),
        ("FETCHMAIL-DAEMON@c.example", "Returned mail", "a@c.example"),
        ("MAILER-DAEMON", "Returned mail: User unknown", "550 a@c.example... User unknown"),
        ("postmaster@c.example", "Undeliverable: Hi", "Your message did not reach a@c.example"),
        (
            "postmaster@c.example",
            "Unzustellbar: Frage",
            "konnte nicht zugestellt werden: a@c.example",
        ),
        ("postmaster@c.example", "Non remis : Question", "n'a pas pu être remis: a@c.example"),
        ("postmaster@c.example", "No se puede entregar: Hola", "no se pudo entregar: a@c.example"),
        ("postmaster@c.example", "Niedostarczalne: Pytanie", "nie można dostarczyć: a@c.example"),
        ("Mail Delivery System <noreply@c.example>", "Mail delivery failed", "failed: 550 5.1.1 x"),
        (
            "no-reply@carrier.example",
            "メールエラー通知",
            "宛先が存在しません。配信できませんでした\na@c.example",
        ),
        ("PostMaster@qq.example", "来自qq.example的退信", "抱歉，您的邮件被退回来了: a@c.example"),
        ("sysadmin@pix.example", "Undeliverable Message", "Error: No valid recipients\nto: a@c.ex"),
        ("Mail Delivery System <>", "Mail delivery failed", "To: a@c.example\nnot delivered to"),
        (
            "no-reply@c.example",
            "Undeliverable",
            "Could not be delivered to: <a@d.example>\nAs full.",
        ),
        (
            "postmaster@c.example",
            "Notificación del estado de entrega (Error)",
            "No se ha podido realizar la entrega a los siguientes:\n\n  a@d.example",
        ),
        ("postmaster@c.example", "Gick inte att leverera: Fråga", "till mottagare:\n\na@d.example"),
        ("postmaster@c.example", "Nepristatyta: Klausimas", "Nepavyko pristatyti:\n\na@d.example"),
        (
            "Administrator/C%C@c.example",
            "DELIVERY FAILURE: x",
            "was not delivered to:\n a@d.example",
        ),
    ],
)
def test_failures_in_many_wordings_are_recognised(sender: str, subject: str, text: str) -> None:
    assert find_bounce(text_mail(sender, subject, text)) is not None


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("ivan@c.example", "Fwd: Undelivered Mail Returned to Sender", "550 5.1.1 user unknown"),
        ("ivan@c.example", "Re: failure notice", "This is the qmail-send program"),
        ("ivan@c.example", "Parcel undeliverable", "My parcel came back, what now?"),
        ("ivan@c.example", "Delivery failed", "The courier came on Monday, nobody was there."),
        ("ivan@c.example", "Help", "I get: 550 5.1.1 user unknown, could not be delivered"),
        ("ivan@c.example", "Не доставлено", "Заказ 15 не привезли, где он?"),
        ("ivan@c.example", "Undelivered mail", "550 5.1.1 user unknown, could not be delivered"),
        ("System Administrator <x@spam.example>", "Undelivered messages (5)", "Mailbox is full"),
        ("no-reply@dhl.example", "Delivery failed", "Unable to deliver. Ask help@dhl.example"),
        ("postmaster@c.example", "Question about our contract", "Please call me back."),
        ("news@shop.example", "Your order was delivered", "Delivery status: delivered"),
        ("mail@ivan.example", "Mail delivery failed", f"Hello, what is this?\n\n{PASTED}"),
        ("sysadmin@c.example", "Undelivered mail", f"Добрый день! Вернулось:\n\n{PASTED}"),
        ("administrator@c.example", "Mailbox full", f"Dear team,\n\n{PASTED}"),
        ("administrator@c.example", "Fwd: Undeliverable: Hello", PASTED),
        ("administrator@c.example", "ENC: Não é possível entregar", PASTED),
        ("postmaster@c.example", "Our contract", "I quote:\n> " + PASTED.replace("\n", "\n> ")),
        ("Peter Postmaster <peter@c.example>", "Question", PASTED),
        ("bouncer@club.example", "Question", PASTED),
    ],
)
def test_people_who_write_about_failures_are_not_mail_servers(
    sender: str, subject: str, text: str
) -> None:
    assert find_bounce(text_mail(sender, subject, text)) is None


@pytest.mark.parametrize(
    "more",
    ["X-Mailer: Microsoft Outlook 16.0\n", "Message-ID: <CA+x@mail.gmail.com>\n"],
)
def test_mail_written_with_a_mail_program_is_no_failure(more: str) -> None:
    sender, subject = "Postmaster <postmaster@c.example>", "Mail delivery failed"

    assert find_bounce(text_mail(sender, subject, PASTED)) is not None
    assert find_bounce(text_mail(sender, subject, PASTED, more)) is None


@pytest.mark.parametrize(
    "text",
    [
        "I have left the company. Please use the following address:\nb@d.example",
        "Ich kann nicht erreicht werden, bitte wenden Sie sich an\nb@d.example",
        "My mailbox is not available until 5 March. Write to:\nb@d.example",
    ],
)
@pytest.mark.parametrize("more", ["", "X-Auto-Reply: yes\n", "Auto-Submitted: auto-generated\n"])
def test_an_absence_note_with_another_address_is_no_bounce(text: str, more: str) -> None:
    more += "Return-Path: <>\n"

    assert find_bounce(text_mail("anna@c.example", "Re: Order", text, more)) is None


def test_an_auto_reply_to_a_mail_about_a_bounce_is_no_bounce() -> None:
    more = "Return-Path: <>\nAuto-Submitted: auto-replied\n"
    subject = "Automatic reply: Mail delivery failed"

    assert find_bounce(text_mail("anna@c.example", subject, "I am away.", more)) is None


def test_notifications_of_amazon_ses_are_read_as_reports() -> None:
    sns = "no-reply@sns.amazonaws.com"
    bounced = '{"notificationType":"Bounce","mail":{"destination":["a@c.example"]}}'
    complained = '{"notificationType": "Complaint"}'

    assert find_bounce(text_mail(sns, "AWS Notification Message", bounced)) is not None
    assert find_bounce(text_mail(sns, "AWS Notification Message", complained)) is None
    assert find_complaint(text_mail(sns, "AWS Notification Message", complained)) is not None
    assert find_bounce(text_mail("ivan@c.example", "How to read this?", bounced)) is None


def test_the_recipient_is_found_in_the_quoted_header() -> None:
    text = (
        "421 c.example... Deferred\n\n  --- Unsent message follows ---\nTo: Anna <anna@c.example>"
    )

    bounce = find_bounce(text_mail("MAILER-DAEMON@mx.example", "Returned mail", text))

    assert bounce is not None
    assert (bounce.recipients, bounce.status) == (("anna@c.example",), "4.0.0")


def test_a_forwarded_bounce_and_a_read_receipt_are_no_bounces() -> None:
    assert find_bounce(sample("forwarded_message.eml")) is None
    assert find_bounce(sample("read_receipt.eml")) is None


def test_an_empty_return_path_alone_is_no_bounce() -> None:
    more = "Return-Path: <>\n"

    assert find_bounce(text_mail("anna@c.example", "Re: Order", "I am away.", more)) is None
    assert find_bounce(text_mail("anna@c.example", "Undeliverable", "x", more)) is not None


def test_a_receipt_of_delivery_is_no_failure() -> None:
    raw = (MAIL / "dsn_postfix.eml").read_bytes().replace(b"Action: failed", b"Action: delivered")

    bounce = find_bounce(parse(raw.replace(b"Status: 5.1.1", b"Status: 2.0.0")))

    assert bounce is not None
    assert (bounce.action, bounce.is_hard) == ("delivered", False)


def test_of_several_recipients_those_that_failed_are_returned() -> None:
    raw = (MAIL / "dsn_postfix.eml").read_bytes()
    more = (
        b"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; b@c.example\nAction: delayed"
    )
    raw = raw.replace(b"Reporting-MTA: dns; mx.example", more)

    bounce = find_bounce(parse(raw))

    assert bounce is not None
    assert (bounce.action, bounce.recipients) == ("failed", ("anna@client.example",))


def test_a_report_with_a_broken_structure_is_read_from_its_text() -> None:
    bounce = find_bounce(
        text_mail(
            "MAILER-DAEMON@mx.example",
            "Delivery Status Notification (Failure)",
            "--x\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@c.example\n"
            "Action: failed\nStatus: 5.2.2\n\n--x\nMessage-ID: <ours-9@desk.example>\n",
        )
    )

    assert bounce is not None
    assert (bounce.recipients, bounce.status) == (("a@c.example",), "5.2.2")
    assert bounce.original_message_ids == ("<ours-9@desk.example>",)


def test_a_message_id_in_the_text_counts_in_a_proven_report_alone() -> None:
    text = "We block your mail:\n550 5.7.1 blocked\nMessage-ID: <ours@desk.example>"

    from_a_person = find_bounce(text_mail("postmaster@c.example", "Delivery failure", text))
    from_a_server = find_bounce(text_mail("MAILER-DAEMON@c.example", "Delivery failure", text))

    assert from_a_person is not None
    assert (from_a_person.is_proven, from_a_person.original_message_ids) == (False, ())
    assert from_a_server is not None
    assert from_a_server.original_message_ids == ("<ours@desk.example>",)


def test_a_text_is_no_report_whatever_its_parameters_say() -> None:
    raw = b"From: a@c.example\nContent-Type: text/plain; report-type=delivery-status\n\nHello"

    assert find_bounce(parse(raw)) is None
