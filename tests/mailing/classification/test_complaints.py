"""Complaints: from whom, and about which mail of ours."""

from __future__ import annotations

from mailing.classification.bounces import find_bounce, find_complaint
from tests.mailing.classification.samples import sample, text_mail


def test_a_complaint_has_its_recipient_and_original_message_id() -> None:
    complaint = find_complaint(sample("complaint_arf.eml"))

    assert complaint is not None
    assert find_bounce(sample("complaint_arf.eml")) is None
    assert (complaint.recipients, complaint.action, complaint.reason) == (
        ("anna@client.example",),
        "complaint",
        "complaint: abuse",
    )
    assert complaint.original_message_ids == ("<ours-5@desk.example>",)
    assert complaint.is_hard


def test_a_complaint_with_a_broken_structure_is_recognised_by_its_fields() -> None:
    text = "Feedback-Type: abuse\nUser-Agent: Isp/1\nOriginal-Rcpt-To: <a@c.example>"

    assert find_complaint(text_mail("abuse@isp.example", "FW: Hello", text)) is not None
    assert find_complaint(text_mail("ivan@c.example", "What is this?", text)) is None


def test_who_greets_and_asks_about_a_complaint_is_a_person() -> None:
    text = "Hello,\nwe got this:\n\nFeedback-Type: abuse\nSource-IP: 192.0.2.1\n\nCan you stop it?"

    assert find_complaint(text_mail("abuse@isp.example", "Your server", text)) is None
