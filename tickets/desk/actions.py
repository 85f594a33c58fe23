"""What an operator does with a ticket by the forms of its page.

Each form is checked by the API's serializer, calls one service, and leads back to the page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from operators.authentication import current_operator
from operators.desk.views import read_form
from operators.models import Operator
from tickets import merging, notes, participants, properties, replies, requesters, services
from tickets.api.fields import TagField
from tickets.api.merging import MergeSerializer
from tickets.api.moves import AssignSerializer
from tickets.api.note_serializers import NoteTextSerializer
from tickets.api.participants import NewParticipantSerializer
from tickets.api.properties import PropertiesSerializer
from tickets.api.requesters import RequesterSerializer
from tickets.api.timeline_entries import missed_rows
from tickets.desk.history_words import event_words
from tickets.desk.people import people_of
from tickets.desk.sending import take_back
from tickets.desk.snooze_times import read_snooze_time
from tickets.desk.views import TicketsDeskView
from tickets.exceptions import StaleVersion
from tickets.models import HistoryEntry, Message, Ticket
from tickets.note_models import Note

# Reads a form into what the serializer takes.
_Reader = Callable[[QueryDict], Mapping[str, Any]]


class TagSerializer(Serializer[Ticket]):
    """A tag to add or to remove."""

    tag = TagField()


@dataclass(frozen=True, kw_only=True)
class Action:
    """What a form does.

    service: what is called, with `ticket_id`, `by`, `version`, the ids in the path, and the values
    that the serializer has validated of what `read` returns of the form. said: a message for the
    next page; "" where the page itself shows what changed.
    """

    service: Callable[..., object]
    serializer: type[Serializer[Any]] | None = None
    read: _Reader = QueryDict.dict
    said: str | Promise = ""

    def values(self, form: QueryDict) -> dict[str, Any]:
        """Return what the form says; raises `ValidationError`."""
        if self.serializer is None:
            return {}
        # A mapping: of a form, serializers take an unticked box for what is not there.
        serializer = self.serializer(data=self.read(form))
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class ActionView(TicketsDeskView):
    """A form of the ticket's page; action: what it does, given by its URL."""

    action: Action | None = None

    def post(self, request: Request, request_id: int, **ids: int) -> HttpResponse:
        """Do it, and lead back to the page."""
        assert self.action is not None  # noqa: S101 - each URL gives one
        get_object_or_404(Ticket.objects.only("pk"), pk=request_id)
        self._check_parts(request_id, ids)
        values = self.action.values(read_form(request))
        self.action.service(
            ticket_id=request_id,
            by=current_operator(request),
            version=read_version(request.POST),
            **ids,
            **values,
        )
        return self.redirect(ticket_page(request_id), said=str(self.action.said))

    def handle_exception(self, exc: Exception) -> Any:
        """Lead whose page is old back to it, and say what they have missed."""
        if not isinstance(exc, StaleVersion):
            return super().handle_exception(exc)
        ticket_id = self.kwargs["request_id"]
        since = read_version(self.request.POST) or 0
        for text in _missed(ticket_id, since=since, until=exc.extra["version"]):
            messages.error(self.request._request, text)
        return self.redirect(ticket_page(ticket_id))

    def _check_parts(self, request_id: int, ids: Mapping[str, int]) -> None:
        """Check what else the path names, as the API does; raises `Http404`, `PermissionDenied`."""
        if "message_id" in ids:
            get_object_or_404(Message.objects.only("pk"), pk=ids["message_id"], ticket=request_id)
        if "note_id" in ids:
            note = get_object_or_404(
                Note.objects.only("author"), pk=ids["note_id"], ticket=request_id
            )
            if note.author_id != current_operator(self.request).pk:
                raise PermissionDenied


def ticket_page(ticket_id: int) -> str:
    """Return the URL of a ticket's page."""
    return reverse("desk-ticket", kwargs={"request_id": ticket_id})


def read_version(form: QueryDict) -> int | None:
    """Return the version that the ticket had on the page of the form, None for any."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _missed(ticket_id: int, *, since: int, until: int) -> list[str]:
    """Return what came into a ticket meanwhile, as sentences, after one that says so."""
    ticket = Ticket.objects.select_related("requester").get(pk=ticket_id)
    people = people_of(ticket.requester)
    rows = missed_rows(ticket, since=since, until=until)
    words = [event_words(row, people) for row in rows if isinstance(row, HistoryEntry)]
    return [_("Not done, because the ticket has changed. Look, and do it again."), *words[-5:]]


def _assign(*, operator_id: Operator | None, **given: Any) -> Ticket:
    return services.assign_ticket(to=operator_id, **given)


def _change(**given: Any) -> Ticket:
    ticket_id, by, version = (given.pop(name) for name in ("ticket_id", "by", "version"))
    return properties.change_ticket(
        ticket_id=ticket_id,
        by=by,
        version=version,
        changes=given,  # type: ignore[arg-type]  # of PropertiesSerializer
    )


def _change_requester(*, ticket_id: int, by: Operator, version: int | None, note: str) -> None:
    requester = Ticket.objects.values_list("requester", flat=True).get(pk=ticket_id)
    requesters.change_requester(requester_id=requester, changes={"note": note})


class RequesterNoteSerializer(RequesterSerializer):
    """The note about a requester alone."""

    class Meta(RequesterSerializer.Meta):
        fields = ["note"]
        extra_kwargs = {"note": {"required": True}}


def _action(route: str, name: str, service: Callable[..., object], **how: Any) -> Any:
    """Return the path of an action; how: more of `Action`."""
    view = ActionView.as_view(action=Action(service=service, **how))
    return path(f"desk/tickets/<int:request_id>/{route}/", view, name=f"desk-{name}")


_NOTE, _MESSAGE = "notes/<int:note_id>", "messages/<int:message_id>"
_PROPERTIES = {"serializer": PropertiesSerializer}
_TAG = {"serializer": TagSerializer}
urlpatterns = [
    _action("take", "take", services.take_ticket),
    _action(
        "assign",
        "assign",
        _assign,
        serializer=AssignSerializer,
        read=lambda form: {"operator_id": form.get("operator_id") or None},
    ),
    _action("close", "close", services.close_ticket),
    _action("reopen", "reopen", services.reopen_ticket),
    _action(
        "snooze",
        "snooze",
        _change,
        **_PROPERTIES,
        read=lambda form: {"snoozed_until": read_snooze_time(form)},
    ),
    _action(
        "priority",
        "priority",
        _change,
        **_PROPERTIES,
        read=lambda form: {"priority": form.get("priority", "")},
    ),
    _action(
        "seen-to", "seen-to", _change, **_PROPERTIES, read=lambda _form: {"needs_attention": False}
    ),
    _action("tags/add", "tag", properties.add_tag, **_TAG),
    _action("tags/remove", "untag", properties.remove_tag, **_TAG),
    _action(
        "participants",
        "participant-add",
        participants.add_participant,
        serializer=NewParticipantSerializer,
    ),
    _action(
        "participants/<int:participant_id>/remove",
        "participant-remove",
        participants.remove_participant,
    ),
    _action(
        "requester-note",
        "requester-note",
        _change_requester,
        serializer=RequesterNoteSerializer,
        said=gettext_lazy("Saved"),
    ),
    _action("merge", "merge", merging.merge_ticket, serializer=MergeSerializer),
    _action("unmerge", "unmerge", merging.unmerge_ticket),
    _action(f"{_NOTE}/edit", "note-edit", notes.edit_note, serializer=NoteTextSerializer),
    _action(f"{_NOTE}/delete", "note-delete", notes.delete_note),
    _action(
        f"{_MESSAGE}/withdraw",
        "withdraw",
        take_back,
        said=gettext_lazy("Taken back. It was not sent."),
    ),
    _action(f"{_MESSAGE}/send", "send-now", replies.send_reply_now),
]
