"""What the JSON columns of inbox and outbox hold, as tables for the pages of the Django admin."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailing.inbound import replay
from mailing.models import MAIL_KIND_CHOICES, InboundEmail, OutboundEmail
from tickets.admin_display import NOTHING, format_time, link, table

# The names of a parse's entries (message_content.parse_summary). The text's hash is not shown.
_PARSE_LABELS = {
    "state": _("state"),
    "reason": _("reason"),
    "kind": _("kind"),
    "kind_rule": _("rule for the kind"),
    "problem": _("problem"),
    "sender": _("sender"),
    "subject": _("subject"),
    "message_id": "Message-ID",
    "text_characters": _("characters of text"),
    "html_characters": _("characters of HTML"),
    "files": _("files"),
}
_REPORT_ACTIONS = {
    "failed": _("not delivered"),
    "delayed": _("delayed"),
    "delivered": _("delivered"),
    "complaint": _("complaint"),
}


def parsed_subject(inbound: InboundEmail) -> str:
    """Return a mail's subject as the parser read it; "" before a worker has parsed the mail."""
    for parse in (inbound.parse, inbound.parse_before):
        if parse and parse.get("subject"):
            return str(parse["subject"])
    return ""


def parse_table(inbound: InboundEmail) -> str:
    """Return what the parser has understood of a mail."""
    parse = inbound.parse or {}
    return table(
        (label, _value(name, parse[name])) for name, label in _PARSE_LABELS.items() if name in parse
    )


def replay_table(inbound: InboundEmail) -> str:
    """Return what the last replay of a mail has changed, each with what it was and is."""
    changes = replay.changes(inbound)
    if changes is None:
        return NOTHING
    rows = [
        (_PARSE_LABELS[name], *(_value(name, value) for value in both))
        for name, both in changes.items()
        if name in _PARSE_LABELS
    ]
    if "text_sha256" in changes:
        rows.append((_("text"), NOTHING, _("another one")))
    return table(rows, headings=["", _("before"), _("after")]) if rows else gettext("nothing")


def timeline_table(outbound: OutboundEmail) -> str:
    """Return the states that a mail was in, with what the server or an operator said."""
    rows = (
        (
            format_time(entry["at"]),
            _state_name(entry["state"]),
            entry["attempt"] or NOTHING,
            entry["smtp_code"] or NOTHING,
            entry["words"] or NOTHING,
        )
        for entry in outbound.timeline
    )
    headings = [_("at"), _("state"), _("attempt"), _("SMTP code"), _("what was said")]
    return table(rows, headings=headings)


def report_table(outbound: OutboundEmail) -> str:
    """Return what a delivery report or a complaint said of a mail."""
    report = outbound.bounce
    if not report:
        return NOTHING
    action, inbox = report["action"], report["inbox"]
    return table(
        [
            (_("outcome"), _REPORT_ACTIONS.get(action, action)),
            (_("status"), report["status"] or NOTHING),
            (_("reason"), report["reason"] or NOTHING),
            (_("incoming mail"), link("mailing_inboundemail", inbox, str(inbox))),
            (_("at"), format_time(report["at"])),
        ]
    )


def _value(name: str, value: Any) -> Any:
    if isinstance(value, list):
        value = ", ".join(str(item) or NOTHING for item in value)
    if name == "kind":
        value = dict(MAIL_KIND_CHOICES).get(value, value)
    if name == "state":
        value = dict(InboundEmail.State.choices).get(value, value)
    return NOTHING if value in (None, "") else value


def _state_name(state: str) -> Any:
    return dict(OutboundEmail.State.choices).get(state, state)
