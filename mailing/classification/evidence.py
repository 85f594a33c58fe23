"""The evidence for each rule: a function returns it, or "" when there is none."""

from __future__ import annotations

import re
from collections.abc import Callable

from mailing.classification import auto_replies, machine_senders, person_signs
from mailing.classification.author import Route, read_list_addresses
from mailing.classification.examination import Examination
from mailing.parsing.message import ParsedEmail

Evidence = Callable[[Examination], str]

ANY_VALUE = r"\s*\S"
# The rule of a person's mail by way of a list that is not ours, which is not acknowledged: its
# author wrote to the list, and not to this desk (RFC 3834, 2).
FOREIGN_LIST = "mailing list"
TRUE_VALUE = r"\s*(?!(?:no|false|0|none)\s*$)\S"


def in_mail(find: Callable[[ParsedEmail], str]) -> Evidence:
    """Return an evidence function that needs nothing but the mail."""
    return lambda examination: find(examination.mail)


def in_header(name: str, pattern: str) -> Evidence:
    """Return an evidence function for a header field that matches the pattern, in any case."""
    compiled = re.compile(pattern, re.I)

    def find(examination: Examination) -> str:
        values = examination.mail.all_headers(name)
        value = next((value for value in values if compiled.match(value)), None)
        return "" if value is None else f"{name}: {value}"

    return find


def unless_group(find: Evidence) -> Evidence:
    """Return an evidence function that mail of a person by way of a list does not match."""

    def find_unless_group(examination: Examination) -> str:
        is_members = examination.is_from_group or examination.is_from_list
        return "" if is_members else find(examination)

    return find_unless_group


def our_address(examination: Examination) -> str:
    """Return the address of the requester, or of a sender who wrote for nobody, if it is ours."""
    emails = [examination.requester.email]
    if examination.author.route == Route.DIRECT:
        emails.append(examination.mail.sender.email)
    return next((email for email in emails if examination.desk.owns(email)), "")


def our_message_id(examination: Examination) -> str:
    """Return the Message-ID if it is that of a mail of ours."""
    message_id = examination.mail.message_id
    return message_id if message_id and examination.desk.is_our_message_id(message_id) else ""


def our_loop_header(examination: Examination) -> str:
    """Return the loop header if this desk signed it."""
    return examination.desk.find_our_loop_header(examination.mail)


def bounce(examination: Examination) -> str:
    """Return the sign by which the mail is a delivery failure."""
    report = examination.report
    return report.sign if report and report.action != "complaint" else ""


def complaint(examination: Examination) -> str:
    """Return the sign by which the mail is a spam complaint."""
    report = examination.report
    return report.sign if report and report.action == "complaint" else ""


def read_receipt(mail: ParsedEmail) -> str:
    """Return the report type of a read receipt."""
    return mail.report_type if mail.report_type == "disposition-notification" else ""


def contact_form(examination: Examination) -> str:
    """Return the address of the contact form that sent the mail."""
    return f"sent by {examination.mail.sender.email}" if examination.is_from_form else ""


def contact_form_for_machine(examination: Examination) -> str:
    """Return a machine's address that somebody entered in a contact form."""
    email = examination.requester.email
    is_machine = machine_senders.is_machine_address(email)
    return f"a machine's address: {email}" if examination.is_from_form and is_machine else ""


def forged_contact_form(examination: Examination) -> str:
    """Return the address of a contact form that failed DMARC.

    Who forges a form's address could make us write to anybody.
    """
    return contact_form(examination) if examination.authentication.dmarc == "fail" else ""


def unlisted_form(examination: Examination) -> str:
    """Return the sender that wrote for somebody else and is not in FORM_SENDERS."""
    is_unlisted = examination.author.route == Route.UNLISTED_FORM
    return f"sent by {examination.mail.sender.email}" if is_unlisted else ""


def group(examination: Examination) -> str:
    """Return the address of the group or mailing list that sent a person's mail."""
    return f"sent by {examination.mail.sender.email}" if examination.is_from_group else ""


def our_list(examination: Examination) -> str:
    """Return List-Id if the mail was posted to a list or group whose address is one of ours."""
    list_addresses = read_list_addresses(examination.mail)
    return posted_to_list(examination) if any(map(examination.desk.owns, list_addresses)) else ""


def posted_to_list(examination: Examination) -> str:
    """Return List-Id if the mail was posted to a list or group that left From as it was."""
    list_id = examination.mail.header("list-id")
    return f"list-id: {list_id}" if examination.is_from_list else ""


def no_reply_address(examination: Examination) -> str:
    """Return the sender's address, or that of a group's member, if it accepts no answer."""
    return _find_address(examination, machine_senders.is_no_reply_address)


def program_address(examination: Examination) -> str:
    """Return the address of the sender, or of a group's member, if it is usually a program's.

    People write from such addresses too: who greets and asks, or answers a mail of ours with text
    of their own, is a person.
    """
    mail = examination.mail
    address = _find_address(examination, machine_senders.is_program_address)
    if not address:
        return ""
    is_polite = person_signs.has_greeting(mail) and person_signs.has_question(mail)
    is_answer = examination.answered_subject and person_signs.has_own_text(mail)
    return "" if is_polite or is_answer else address


def _find_address(examination: Examination, is_machine: Callable[[str], bool]) -> str:
    emails = [examination.mail.sender.email]
    if examination.is_from_group:
        emails.append(examination.author.address.email)
    return next((email for email in emails if is_machine(email)), "")


def auto_reply_subject(examination: Examination) -> str:
    """Return the subject if it is that of an automatic reply.

    A greeting or a question overrules the words of a subject, but not in a mail that answers
    another, as automatic replies do, or that has more of their words.
    """
    mail = examination.mail
    subject = auto_replies.find_auto_reply_subject(mail, examination.answered_subject)
    if not subject:
        return ""
    is_answer = bool(mail.in_reply_to or mail.references or auto_replies.has_machine_header(mail))
    is_asking = person_signs.has_greeting(mail) or person_signs.has_question(mail)
    is_a_persons = is_asking and not is_answer and not person_signs.is_about_absence(mail)
    return "" if is_a_persons else subject


def words_before_our_subject(examination: Examination) -> str:
    """Return the subject if words of an unknown language stand before the subject of our mail."""
    subject = examination.mail.subject
    is_likely = auto_replies.has_words_before(subject, examination.answered_subject)
    return subject if is_likely else ""


def null_return_path(mail: ParsedEmail) -> str:
    """Return the Return-Path if it is empty."""
    return "return-path: <>" if mail.has_null_return_path else ""


def failed_dmarc(examination: Examination) -> str:
    """Return the DMARC result if it is a failure."""
    return "dmarc=fail" if examination.authentication.dmarc == "fail" else ""


def no_requester(examination: Examination) -> str:
    """Return words for a mail that names nobody to answer."""
    return "" if examination.requester.email else "no address to answer to"
