"""Recognise delivery failures and spam complaints, and name the sign by which each is recognised.

Standard reports (RFC 3464, RFC 5965) have a structure of their own. The many others need two signs:
the sender (a mailer daemon, an empty return path, a header that only mail servers write; see
bounce_senders) and the wording (see bounce_phrases). One sign alone is never enough, so that a
person who writes about a bounce, or forwards a bounce, is not taken for a mail server.

Names, mailboxes and subjects are hints, which a person's greeting or question overrules. Only
structure proves that no person wrote (`is_proven`), so that the mail may be ignored.
"""

from __future__ import annotations

import re

from mailing.classification import (
    auto_replies,
    bounce_phrases,
    bounce_programs,
    bounce_recipients,
    bounce_senders,
    person_signs,
    returned_message,
)
from mailing.classification.returned_message import REPORT_CHARACTERS
from mailing.parsing.message import ParsedEmail

STATUS_REPORTS = ("message/delivery-status", "message/global-delivery-status")

# The fields of a report whose MIME structure broke (RFC 5965, 3.1 and 3.2).
_ARF_TYPE = re.compile(r"^feedback-type:\s*[\w-]+\s*$", re.I | re.M)
_ARF_MORE = re.compile(
    r"^(?:original-mail-from|original-rcpt-to|source-ip|reported-domain|user-agent):", re.I | re.M
)
# Lines quoted with "> " are somebody else's words; ">>> " and "<<< " are SMTP.
_QUOTE = re.compile(r"^>(?: .*)?$", re.M)
# Mailboxes that complaints come from, for complaints whose structure broke.
_COMPLAINT_SENDER = re.compile(r"abuse|feedback|fbl|complaint|spam|scomp|^staff$|report|postmaster")


def find_complaint_sign(mail: ParsedEmail) -> str:
    """Return the sign by which a mail is a spam complaint, or ""."""
    if mail.report_type == "feedback-report":
        return "feedback-report"
    has_part = any(report.type == "message/feedback-report" for report in mail.reports)
    if has_part and not person_signs.is_written_by_hand(mail):
        return "feedback-report"
    if bounce_senders.is_ses_complaint(mail):
        return "amazon ses notification"
    if _has_report_in_text(mail):
        return "feedback-report in the text"
    if mail.header("x-apple-unsubscribe").lower() == "true":
        return "x-apple-unsubscribe"
    if mail.subject.lower().startswith("complaint about message from ") and re.match(
        r"staff@hotmail\.com$|complaints@.*\bamazonses\.com$", mail.sender.email
    ):
        return "complaint about message"
    return ""


def _has_report_in_text(mail: ParsedEmail) -> bool:
    text = mail.text[:REPORT_CHARACTERS]
    if not (_ARF_TYPE.search(text) and _ARF_MORE.search(text)):
        return False
    # People paste such text too, and ask what it is, also those who deal with complaints.
    if person_signs.has_greeting(mail) and person_signs.has_question(mail):
        return False
    is_from_provider = _COMPLAINT_SENDER.search(mail.sender.email.split("@")[0])
    return bool(is_from_provider) or bounce_senders.is_impersonal(mail)


def find_bounce_sign(mail: ParsedEmail) -> str:
    """Return the sign by which a mail is a delivery report, or ""."""
    if find_complaint_sign(mail):
        return ""
    has_status = any(report.type in STATUS_REPORTS for report in mail.reports)
    if mail.report_type == "delivery-status" or mail.content_type in STATUS_REPORTS:
        return "delivery-status report"
    if has_status and mail.content_type == "multipart/report":
        return "delivery-status report"
    daemon = bounce_senders.find_daemon(mail)
    subject_form = bounce_phrases.find_subject_form(mail.subject)
    if mail.report_type == "disposition-notification":
        # Sieve refuses mail in the form of a receipt (RFC 5429, 2.2).
        return f"rejecting receipt, {subject_form}" if daemon and subject_form else ""
    has_second_sign = bool(
        daemon or mail.has_null_return_path or (subject_form and bounce_senders.is_impersonal(mail))
    )
    has_report = has_status or bool(mail.header("x-failed-recipients"))
    if (has_report and has_second_sign) and (_is_sent_by_server(mail) or not _is_a_persons(mail)):
        return "delivery-status part" if has_status else "x-failed-recipients"
    if auto_replies.has_auto_reply_prefix(mail.subject):
        subject_form = ""  # the rest is the subject of the mail that it answers
    if not (daemon or subject_form) and auto_replies.is_auto_reply(mail):
        return ""
    return _find_worded_sign(mail, daemon, subject_form)


def _find_worded_sign(mail: ParsedEmail, daemon: str, subject_form: str) -> str:
    text = mail.text[:REPORT_CHARACTERS]
    if daemon == "mailer-daemon":
        form = subject_form or bounce_phrases.find_text_form(text) or "by its address"
        return f"mailer-daemon, {form}"
    if person_signs.is_written_by_hand(mail):
        return ""
    if mail.has_null_return_path and subject_form:
        return f"null return path, {subject_form}"
    text = _QUOTE.sub("", text)
    special_system = bounce_senders.find_special_system(mail, text)
    if not (daemon or subject_form or mail.has_null_return_path or special_system):
        return ""  # nothing that wording could confirm, so that most mail is not searched for it
    text_form = bounce_phrases.find_text_form(text)
    if not mail.has_null_return_path and _is_a_persons(mail, text_form):
        return ""
    if daemon and (subject_form or text_form) and _has_trace(mail, text, subject_form, text_form):
        return f"{daemon}, {subject_form or text_form}"
    if mail.has_null_return_path and text_form and _has_sure_trace(mail, text, text_form):
        return f"null return path, {text_form}"
    if (
        subject_form
        and text_form
        and bounce_senders.is_impersonal(mail)
        and _has_trace(mail, text, "", text_form)
    ):
        return f"impersonal sender, {subject_form}"
    return special_system


def is_proven(mail: ParsedEmail) -> bool:
    """Return whether the structure of a bounce or complaint proves that no person wrote it.

    Either the mail itself is a report (RFC 6522), or it has an empty return path or a mail server's
    address together with the form of a report, or it is a known program's whole report.
    """
    is_report = mail.content_type == "multipart/report" or mail.content_type in STATUS_REPORTS
    if is_report or mail.report_type or bounce_senders.is_ses_notification(mail):
        return True
    if _is_sent_by_server(mail) and _has_report_form(mail):
        return True
    return bool(bounce_programs.find_program(mail))


def _is_sent_by_server(mail: ParsedEmail) -> bool:
    return (
        mail.has_null_return_path
        or bounce_senders.is_daemon_address(mail)
        or bounce_senders.has_daemon_return_path(mail)
    )


def _has_report_form(mail: ParsedEmail) -> bool:
    """Return whether there is a report's part, field, fixed wording or diagnostic.

    Some forwarders empty the return path of people's mail. So below a person's address both the
    wording and the recipient must be there, and the recipient as reports name it: on a line of its
    own and not in a sentence.
    """
    if mail.header("x-failed-recipients"):
        return True
    text = _QUOTE.sub("", mail.text[:REPORT_CHARACTERS])
    text_form = bounce_phrases.find_text_form(text)
    is_daemon = bool(bounce_senders.find_daemon(mail))
    if is_daemon or bounce_senders.is_impersonal(mail):
        if returned_message.has_report_part(mail):
            return True
        if text_form and bounce_senders.is_daemon_address(mail):
            return True
    if person_signs.has_greeting(mail) and person_signs.has_question(mail):
        return False
    find_recipients = bounce_recipients.find_any if is_daemon else bounce_recipients.find_listed
    if text_form and find_recipients(mail, text):
        return True
    return is_daemon and _has_sure_trace(mail, text, text_form)


def _is_a_persons(mail: ParsedEmail, text_form: str = "") -> bool:
    """Return whether a greeting or a question overrules hints of a mail server.

    Both are needed beside a diagnostic, since some servers greet too.
    """
    signs = [person_signs.has_greeting(mail), person_signs.has_question(mail)]
    is_technical = text_form in bounce_phrases.TECHNICAL
    return person_signs.is_written_by_hand(mail) or (all if is_technical else any)(signs)


def _has_trace(mail: ParsedEmail, text: str, subject_form: str, text_form: str) -> bool:
    """Return whether there is a trace of the mail that could not be delivered.

    Spam in a postmaster's name that claims "undelivered messages" has no such trace.
    """
    if _has_sure_trace(mail, text, text_form):
        return True
    find = bounce_recipients.find_any if subject_form else bounce_recipients.find_listed
    return bool(find(mail, text)) or mail.header("auto-submitted").lower().startswith("auto-")


def _has_sure_trace(mail: ParsedEmail, text: str, text_form: str) -> bool:
    """Return whether there are a mail server's own words, or the mail that could not be delivered.

    An address alone is no sure trace in a mail with an empty return path: the auto-reply of a
    person who left a company names the address to write to.
    """
    return bool(
        text_form in bounce_phrases.TECHNICAL
        or returned_message.returned_texts(mail)
        or returned_message.MESSAGE_ID.search(text)
    )
