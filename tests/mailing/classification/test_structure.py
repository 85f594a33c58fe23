"""Only structure proves that no person wrote; names, addresses and words are hints."""

from __future__ import annotations

import pytest

from mailing.classification.examination import DeskIdentity
from mailing.classification.rules import Verdict, classify
from mailing.kinds import MailKind
from mailing.parsing.message import parse
from tests.mailing.classification.samples import DESK

FAILURE = "Your message could not be delivered to:\n  b@d.example\n550 5.1.1 user unknown\n"
QMAIL = "Hi. This is the qmail-send program at mx.example.\n<b@d.example>:\nuser unknown\n"


def verdict_on(
    sender: str, subject: str, text: str, *fields: str, desk: DeskIdentity = DESK
) -> Verdict:
    head = "".join(f"{field}\n" for field in fields)
    return classify(parse(f"From: {sender}\nSubject: {subject}\n{head}\n{text}\n".encode()), desk)


@pytest.mark.parametrize(
    ("sender", "subject", "text", "fields"),
    [
        ("MAILER-DAEMON@mx.example", "failure notice", QMAIL, ()),
        ("Mail Delivery System <mailer-daemon@mx.example>", "x", FAILURE, ()),
        ("MAILER-DAEMON", "Returned mail", FAILURE, ()),
        ("postmaster@mx.example", "Undeliverable: Hi", FAILURE, ("Return-Path: <>",)),
        ("robot@mx.example", "Mail delivery failed", FAILURE, ("Return-Path: <>",)),
    ],
)
def test_a_mail_servers_address_with_the_form_of_a_report_is_proof(
    sender: str, subject: str, text: str, fields: tuple[str, ...]
) -> None:
    result = verdict_on(sender, subject, text, *fields)

    assert (result.kind, result.is_proven) == (MailKind.BOUNCE, True)


@pytest.mark.parametrize(
    ("sender", "subject", "text", "fields"),
    [
        ("postmaster@firm.example", "Undeliverable: Hi", FAILURE, ()),
        ("mailadmin@firm.example", "Mail delivery failed", FAILURE, ()),
        ("bounces@firm.example", "Mail delivery failed", FAILURE, ()),
        ("System Administrator <it@firm.example>", "Undelivered mail", FAILURE, ()),
        ("MAILER-DAEMON <ivan@firm.example>", "Returned mail", FAILURE, ()),
        ("mailer-daemon@firm.example", "Lunch", "At noon in the canteen.", ()),
        ("anna@firm.example", "Undeliverable", "The parcel came back.", ("Return-Path: <>",)),
        (
            "anna@firm.example",
            "Undeliverable",
            "My mail to b@d.example is undeliverable since Monday.",
            ("Return-Path: <>",),
        ),
    ],
)
def test_names_mailboxes_and_subjects_are_no_proof(
    sender: str, subject: str, text: str, fields: tuple[str, ...]
) -> None:
    result = verdict_on(sender, subject, text, *fields)

    assert (result.kind, result.is_proven) == (MailKind.BOUNCE, False)


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        (
            "Barracuda Reisen <info@barracuda-reisen.example>",
            "Mail delivery problem",
            "Guten Tag,\n\nunsere Mail an kunde@d.example kam zurück.\n\nAnna Barracuda",
        ),
        (
            "System Administrator <ivan@firm.example>",
            "Undelivered mail",
            "Our mails to b@d.example could not be delivered. What should we change?",
        ),
        (
            "Mail System <anna@firm.example>",
            "Returned mail",
            f"Hello,\n\nI got this. Can you help?\n\n{FAILURE}",
        ),
        ("Interscan GmbH <office@interscan.example>", "Delivery failed", "Hallo, wo ist die Ware?"),
    ],
)
def test_a_greeting_or_a_question_overrules_hints(sender: str, subject: str, text: str) -> None:
    assert verdict_on(sender, subject, text).kind == MailKind.PERSON


def test_who_attaches_the_part_of_a_report_and_writes_to_it_is_a_person() -> None:
    text = (
        "--b\n\nplease help, see below\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; b@d.example\nAction: failed\n--b--"
    )

    result = verdict_on(
        "Anna <anna@firm.example>",
        "Delivery Status Notification (Failure)",
        text,
        'Content-Type: multipart/mixed; boundary="b"',
    )

    assert result.kind == MailKind.PERSON


def test_a_greeting_does_not_overrule_a_mail_servers_address() -> None:
    result = verdict_on("MAILER-DAEMON@mx.example", "Returned mail", f"Hello,\n\n{FAILURE}")

    assert (result.kind, result.is_proven) == (MailKind.BOUNCE, True)


@pytest.mark.parametrize("sender", ["postmaster@firm.example", "root@firm.example"])
def test_who_greets_and_asks_from_a_programs_address_is_a_person(sender: str) -> None:
    asks = verdict_on(sender, "Contract", "Hello,\n\ncan you call me back?")
    reports = verdict_on(sender, "Disk", "Disk /dev/sda1 is 91 % full.")

    assert asks.kind == MailKind.PERSON
    assert reports.rule == "address of a program"


def test_who_answers_a_mail_of_ours_from_a_programs_address_is_a_person() -> None:
    desk = DeskIdentity(
        DESK.addresses,
        DESK.is_our_message_id,
        DESK.find_our_loop_header,
        find_answered_subject=lambda mail: "Request 1" if mail.in_reply_to else "",
    )

    answer = verdict_on(
        "info-robot@firm.example",
        "Re: Request 1",
        "It works now.",
        "In-Reply-To: <ours@desk.example>",
        desk=desk,
    )

    assert answer.kind == MailKind.PERSON


@pytest.mark.parametrize(
    "subject",
    ["Out of office: how do I set it up", "Automatic reply: the wrong language is sent"],
)
def test_who_asks_about_auto_replies_is_a_person(subject: str) -> None:
    text = "Hello,\n\nwhere is that setting?"

    assert verdict_on("anna@firm.example", subject, text).kind == MailKind.PERSON


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Hello, I am out of the office until May. Urgent?", ()),
        ("Hello! Who else could help?", ("In-Reply-To: <x@desk.example>",)),
        ("It does not print.", ()),
    ],
)
def test_an_auto_reply_that_greets_stays_one(text: str, fields: tuple[str, ...]) -> None:
    result = verdict_on("anna@firm.example", "Automatic reply: Printer", text, *fields)

    assert (result.rule, result.is_proven) == ("auto-reply subject", False)


def test_an_auto_reply_by_its_header_is_proven() -> None:
    result = verdict_on("a@firm.example", "Printer", "Away.", "Auto-Submitted: auto-replied")

    assert (result.kind, result.is_proven) == (MailKind.AUTO_REPLY, True)


@pytest.mark.parametrize(
    "subject",
    [
        *("Sjálfvirkt svar: {}", "Përgjigje automatike: {}", "Avtomatik cavab: {}"),
        *("ავტომატური პასუხი: {}", "Nicht im Büro: {}", "Abwesenheit: {}", "Absence : {}"),
        *("Automated Response: {}", "Automated reply: {}", "Congés : {}", "Urlaub: {}"),
    ],
)
def test_words_before_our_whole_subject_make_an_auto_reply(subject: str) -> None:
    ours = "Request 12 is closed: the printer"
    desk = DeskIdentity(
        DESK.addresses,
        DESK.is_our_message_id,
        DESK.find_our_loop_header,
        find_answered_subject=lambda _mail: ours,
    )

    result = verdict_on("a@firm.example", subject.format(ours), "Until May.", desk=desk)

    assert result.rule == "auto-reply subject"


def test_words_of_an_unknown_language_before_our_subject_are_a_machines() -> None:
    desk = DeskIdentity(
        DESK.addresses,
        DESK.is_our_message_id,
        DESK.find_our_loop_header,
        find_answered_subject=lambda _mail: "Request 12",
    )

    result = verdict_on("a@b.example", "Idahun alaifọwọyi: Request 12", "Mei.", desk=desk)

    assert (result.kind, result.rule) == (MailKind.MACHINE, "words before our subject")


@pytest.mark.parametrize("mark", ["Re", "AW", "Antwort", "Resposta", "Weitergeleitet", "Ответ"])
def test_the_mark_of_an_answer_before_our_subject_is_a_persons(mark: str) -> None:
    ours = "Request 12 is closed"
    desk = DeskIdentity(
        DESK.addresses,
        DESK.is_our_message_id,
        DESK.find_our_loop_header,
        find_answered_subject=lambda _mail: ours,
    )

    result = verdict_on("a@firm.example", f"{mark}: {ours}", "It broke again.", desk=desk)

    assert result.kind == MailKind.PERSON
