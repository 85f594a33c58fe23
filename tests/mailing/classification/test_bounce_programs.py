"""Some programs report from a postmaster's address; only their whole report is proof."""

from __future__ import annotations

import pytest

from mailing.kinds import MailKind
from tests.mailing.classification.test_structure import verdict_on

JAMES = (
    "Error: Invalid user address\n\nError message below:\n550 - no such user here\n\n"
    "Message details:\n  Subject: Hi\n  MAIL FROM: support@desk.example\n  RCPT TO: b@d.example\n"
    "  From: support@desk.example\n  Number of lines: 2"
)
MAILMARSHAL = (
    "Your message:\n   From:    support@desk.example\n   Subject: Hi\n\n"
    "Could not be delivered because of\n\n550 5.1.1 User unknown\n\n"
    "The following recipients were affected: \n    b@d.example\n\n\n"
    "Additional Information\n======================\n"
    "Original Sender:    <support@desk.example>\nReporting-MTA:      <relay.d.example>"
)
IMAIL = "Unknown user: b@d.example\n\n\nOriginal message follows.\n\nSubject: Hi\n\nHello"
M_FILTER = (
    "このメールは「m-FILTER」が自動的に生成して送信しています。\n以下のアドレスへの送信に失敗しました。\n"
    "b@d.example\n\n\n-------server message\n550 unknown user <b@d.example>\n\n"
    "-------SMTP command\nDATA\n\n-------original message\nSubject: Hi\n"
)
POSTMASTER = "Postmaster <postmaster@firm.example>"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (JAMES, ()),
        (MAILMARSHAL, ()),
        (IMAIL, ("X-Mailer: <SMTP32 v990729>",)),
        (M_FILTER, ("X-Mailer: m-FILTER",)),
    ],
)
def test_a_known_programs_whole_report_is_proof(text: str, fields: tuple[str, ...]) -> None:
    result = verdict_on(POSTMASTER, "Undeliverable mail", text, *fields)

    assert (result.kind, result.is_proven) == (MailKind.BOUNCE, True)


@pytest.mark.parametrize(
    ("sender", "text", "fields"),
    [
        (POSTMASTER, f"Your desk sends us this:\n\n{JAMES}", ()),
        (POSTMASTER, f"{JAMES}\n\nPlease remove this user from your list.", ()),
        (POSTMASTER, f"{MAILMARSHAL}\n\nWhat is wrong there?", ()),
        (POSTMASTER, MAILMARSHAL.replace("\n", "\n> "), ()),
        (POSTMASTER, IMAIL, ()),
        (POSTMASTER, M_FILTER, ("X-Mailer: Microsoft Outlook 16.0",)),
        ("Anna <anna@firm.example>", JAMES, ()),
    ],
)
def test_a_report_with_a_persons_words_or_of_a_persons_address_is_no_proof(
    sender: str, text: str, fields: tuple[str, ...]
) -> None:
    result = verdict_on(sender, "Undeliverable mail", text, *fields)

    assert result.kind != MailKind.BOUNCE or not result.is_proven


@pytest.mark.parametrize("path", ["<MAILER-DAEMON>", "<MAILER-DAEMON@mx.d.example>"])
def test_a_mail_servers_return_path_with_the_form_of_a_report_is_proof(path: str) -> None:
    text = "Your message\n\n  Subject: Hi\n\nwas not delivered to:\n\n  b@d.example\n"

    result = verdict_on(POSTMASTER, "DELIVERY FAILURE", text, f"Return-Path: {path}")

    assert (result.kind, result.is_proven) == (MailKind.BOUNCE, True)


@pytest.mark.parametrize("sender", ["maildelivery@courier.example", "mailsystem@firm.example"])
def test_an_address_that_a_company_may_use_is_no_mail_servers(sender: str) -> None:
    text = "Parcel 12 could not be delivered to b@d.example."

    result = verdict_on(sender, "Delivery failed", text)

    assert not (result.kind == MailKind.BOUNCE and result.is_proven)


MIXED = 'Content-Type: multipart/mixed; boundary="b"'
NESTED_REPORT = (
    "--b\n\nplease look at this\n--b\nContent-Type: multipart/report; boundary=c\n\n"
    "--c\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
    "Final-Recipient: rfc822; b@d.example\nAction: failed\n--c--\n--b--"
)
ATTACHED_MAIL = (
    "--b\n\nThe mail below was not delivered to me, please send it again.\n"
    "--b\nContent-Type: message/rfc822\n\nSubject: Hello\nMessage-ID: <x@y>\n\nHello\n--b--"
)


@pytest.mark.parametrize(
    ("subject", "text", "fields"),
    [
        ("Mail", "Hello,\n\nmail to b@d.example fails: 550 5.1.1 unknown. Can you help?", ()),
        ("Mail", "Hallo,\n\nwir bekommen 550 5.7.1 von Ihrem Server.\nAnna", ()),
        ("Undeliverable mail", "our mail comes back with 550 5.7.1, fix it please.\nAnna", ()),
        ("FW: Undelivered Mail Returned to Sender", NESTED_REPORT, (MIXED,)),
        ("Fwd: problem", ATTACHED_MAIL, (MIXED,)),
    ],
)
def test_a_persons_words_are_no_proof_although_a_forwarder_emptied_the_return_path(
    subject: str, text: str, fields: tuple[str, ...]
) -> None:
    result = verdict_on("Anna <anna@firm.example>", subject, text, "Return-Path: <>", *fields)

    assert not (result.kind == MailKind.BOUNCE and result.is_proven)
    assert result.kind != MailKind.PERSON  # an empty return path is never answered
