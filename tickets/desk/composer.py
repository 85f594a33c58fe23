"""What the composer on a ticket's page shows: draft, files, people, templates, who else writes."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from rest_framework.request import Request

from operators.authentication import current_operator
from operators.desk.once import new_key
from operators.models import Operator
from tickets.desk.changes import IS_WRITING
from tickets.desk.drafts import typed_draft
from tickets.desk.send_times import times_to_choose
from tickets.desk.sending import latest_to_undo, missed_messages
from tickets.models import Attachment, Draft, Message, Participant, ReplyTemplate, Status, Ticket

_MOST_TO_CHOOSE = 300


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Another operator with a draft in the ticket."""

    name: str
    is_writing: bool


def composer_context(request: Request, ticket: Ticket) -> dict[str, Any]:
    """Return what the composer's template needs, as `composer`."""
    by = current_operator(request)
    saved = Draft.objects.filter(ticket=ticket, operator=by).first()
    draft = typed_draft(saved, ticket)
    composer = {
        "is_closed": ticket.status == Status.CLOSED,
        "draft": draft,
        "is_saved": saved is not None,
        "files": _files(ticket, draft, by),
        "keys": {"answer": new_key(), "note": new_key()},
        "people": _copies(ticket, request.query_params),
        "templates": ReplyTemplate.objects.order_by("name", "pk")[:_MOST_TO_CHOOSE],
        "operators": _others(by),
        "signature": by.signature,
        "writers": _writers(ticket, by),
        "times": times_to_choose(),
        "shows_preview": "preview" in request.query_params and bool(draft.text.strip()),
        "missed": _missed(ticket, request.query_params, by),
        "action": request.query_params.get("send", ""),
        "send_at": request.query_params.get("at", ""),
        **_to_undo(ticket, by),
    }
    return {"composer": composer}


def _files(ticket: Ticket, draft: Draft, by: Operator) -> list[Attachment]:
    """Return the draft's files, in their order; one that is gone is left out."""
    uploads = Attachment.objects.filter(ticket=ticket, uploaded_by=by, message=None)
    by_id = {file.pk: file for file in uploads.filter(pk__in=draft.files).select_related("blob")}
    return [by_id[number] for number in draft.files if number in by_id]


def _copies(ticket: Ticket, query: QueryDict) -> list[tuple[Participant, bool]]:
    """Return the participants, each with whether they get a copy: all, unless the URL says who."""
    present = ticket.participants.filter(is_removed=False).order_by("pk")
    chosen = query.getlist("cc")
    return [(person, not chosen or person.email in chosen) for person in present]


def _others(by: Operator) -> list[Operator]:
    others = Operator.objects.filter(is_active=True).exclude(pk=by.pk)
    return list(others.only("pk", "name").order_by("name", "pk")[:_MOST_TO_CHOOSE])


def _writers(ticket: Ticket, by: Operator) -> list[Writer]:
    drafts = Draft.objects.filter(ticket=ticket, operator__is_active=True).exclude(operator=by)
    since = timezone.now() - IS_WRITING
    rows = drafts.order_by("-updated_at").values_list("operator__name", "updated_at")[:5]
    return [Writer(name=name, is_writing=at > since) for name, at in rows]


def _missed(ticket: Ticket, query: QueryDict, by: Operator) -> list[Message]:
    since = query.get("since", "")
    if not (since.isascii() and since.isdigit() and len(since) <= 10):
        return []
    return list(missed_messages(ticket, since=int(since), by=by))


def _to_undo(ticket: Ticket, by: Operator) -> dict[str, Any]:
    """Return the own answer that is about to leave, when, and in how many seconds."""
    latest = latest_to_undo(ticket, by=by)
    if latest is None:
        return {}
    message, at = latest
    seconds = max(round((at - timezone.now()).total_seconds()), 1)
    return {"undo_id": message.pk, "undo_at": at, "undo_seconds": seconds}
