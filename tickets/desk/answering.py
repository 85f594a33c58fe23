"""Answer a ticket from its page, write a note, and take back an answer."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from operators.authentication import current_operator
from operators.desk.once import SentWithOtherContent, do_once, new_key
from operators.desk.views import DeskView, read_form
from tickets import notes, reply_templates
from tickets.api.message_serializers import ReplySerializer
from tickets.api.note_serializers import NoteTextSerializer
from tickets.desk.actions import read_version, ticket_page
from tickets.desk.drafts import keep_draft, typed_draft
from tickets.desk.send_times import chosen_time
from tickets.desk.sending import WroteMeanwhileError, send_answer, take_back
from tickets.desk.uploading import UploadingView
from tickets.desk.views import TicketsDeskView
from tickets.models import ReplyTemplate, Ticket

# What the buttons of the form do besides sending.
_PREVIEW, _INSERT, _SAVE, _CLOSE = "preview", "insert", "save", "close"


class WritingView(TicketsDeskView):
    """A form in which somebody writes, and whose text is not lost when the form is refused.

    typed: the form, once it could be read.
    """

    typed: QueryDict | None = None

    def keep_typed(self, typed: QueryDict) -> bool:
        """Return whether the ticket's page will show what was typed."""
        raise NotImplementedError

    def show_problem(self, problem: Mapping[str, Any]) -> HttpResponse:
        """Say what is wrong, and keep what was typed where no script does."""
        # What was sent with this key is done, and what is in the form now is something else.
        is_used = problem["code"] == SentWithOtherContent.default_code
        if self.typed is None or getattr(self.request._request, "htmx", None):
            answer = super().show_problem(problem)
            if is_used:
                answer["Desk-Key"] = new_key()
            return answer
        if is_used:
            self.typed["key"] = new_key()
        if self.keep_typed(self.typed):
            return super().show_problem(problem)
        context = {"problem": problem, "typed": self.typed}
        return DeskView.page(self, "desk/unsent.html", context, status=problem["status"])

    def back(self, *, said: str = "") -> HttpResponse:
        """Return a redirect to the ticket; the form's own address, once shown again, is no page."""
        return self.redirect(ticket_page(self.kwargs["request_id"]), said=said)


class AnswerView(WritingView, UploadingView):
    """The form of an answer: it is sent now or later, shown as it will look, or kept."""

    def post(self, request: Request, request_id: int) -> HttpResponse:
        """Do what the pressed button says; what is not sent is kept as a draft."""
        ticket = get_object_or_404(Ticket.objects.select_related("requester"), pk=request_id)
        self.typed = form = read_form(request)
        received = self.receive(request, ticket)
        # Files by their bytes: the same form sent again has the same files as other uploads.
        files = [*form.getlist("files"), *(file.blob_id for file in received)]
        for file in received:
            form.appendlist("files", str(file.pk))
        action = form.get("send", "")
        if action in (_PREVIEW, _INSERT, _SAVE):
            return self._keep(ticket, form, action)
        given = self._validated(ticket, form)
        content = json.dumps([form.get("title"), form.get("text"), files, action])
        try:
            page = do_once(
                operator=current_operator(request),
                key=form.get("key", ""),
                content=content,
                run=lambda: self._send(ticket, given, read_version(form)),
            )
        except WroteMeanwhileError:
            return self._ask_again(ticket, form, action)
        return self.redirect(page, said=self._said(action))

    def keep_typed(self, typed: QueryDict) -> bool:
        """Keep the form as the operator's draft."""
        try:
            keep_draft(self.kwargs["request_id"], by=current_operator(self.request), form=typed)
        except APIException:
            return False
        return True

    def _validated(self, ticket: Ticket, form: QueryDict) -> dict[str, Any]:
        """Return how the answer is sent, as the API's own check says; raises `ValidationError`."""
        action = form.get("send", "")
        if not form.get("text", "").strip():
            raise ValidationError({"text": [_("Write the answer first.")]})
        at = chosen_time(action, form.get("send_at", ""))
        data = {
            "title": form.get("title", "").strip() or default_title(ticket),
            "description": form["text"],
            "recipient_mail": ticket.requester.email,
            "operator_id": current_operator(self.request).pk,
            "files": form.getlist("files"),
            "close": action == _CLOSE,
            **({"send_at": at.isoformat()} if at else {}),
            **({"cc": form.getlist("cc")} if "chooses_cc" in form else {}),
        }
        serializer = ReplySerializer(data=data, context={"ticket": ticket})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _send(self, ticket: Ticket, given: dict[str, Any], seen: int | None) -> str:
        send_answer(
            ticket_id=ticket.pk,
            by=current_operator(self.request),
            seen=seen,
            title=given["title"],
            text=given["description"],
            file_ids=given["files"],
            cc=given.get("cc"),
            send_at=given.get("send_at"),
            close=given["close"],
        )
        return ticket_page(ticket.pk)

    def _keep(self, ticket: Ticket, form: QueryDict, action: str) -> HttpResponse:
        """Keep the draft, for a preview or with a template's text below it."""
        by = current_operator(self.request)
        if action == _INSERT:
            number = form.get("template", "")
            template = get_object_or_404(ReplyTemplate, pk=number if number.isdecimal() else 0)
            rendered = reply_templates.render(template, ticket=ticket, by=by)
            typed = form.get("text", "")
            form["text"] = f"{typed.rstrip()}\n\n{rendered}" if typed.strip() else rendered
        keep_draft(ticket.pk, by=by, form=form)
        shown = {"preview": "1"} if action == _PREVIEW else {}
        said = _("The draft is saved.") if action == _SAVE else ""
        return self.redirect(_composer(ticket.pk, form, **shown), said=said)

    def _ask_again(self, ticket: Ticket, form: QueryDict, action: str) -> HttpResponse:
        """Show what was written meanwhile above the draft, which is as it was typed."""
        keep_draft(ticket.pk, by=current_operator(self.request), form=form)
        seen = {"since": str(read_version(form)), "send": action, "at": form.get("send_at", "")}
        return self.redirect(_composer(ticket.pk, form, **seen))

    def _said(self, action: str) -> str:
        if action == _CLOSE:
            return _("Sent, and closed.")
        return _("It will be sent later; until then it can be taken back.") if action else ""


class NoteView(WritingView):
    """The form of a note."""

    def post(self, request: Request, request_id: int) -> HttpResponse:
        """Add a note to a ticket of any status; no requester ever sees it."""
        get_object_or_404(Ticket, pk=request_id)
        self.typed = read_form(request)
        text = self.typed.get("text", "")
        if not text.strip():
            raise ValidationError({"text": [_("Write the note first.")]})
        serializer = NoteTextSerializer(data={"text": text})
        serializer.is_valid(raise_exception=True)

        def add() -> str:
            notes.add_note(
                ticket_id=request_id, by=current_operator(request), **serializer.validated_data
            )
            return ticket_page(request_id)

        key = self.typed.get("key", "")
        page = do_once(operator=current_operator(request), key=key, content=text, run=add)
        return self.redirect(page, said=_("The note is added."))

    def keep_typed(self, typed: QueryDict) -> bool:
        """Keep nothing, which is enough for a note without a text."""
        return not typed.get("text", "").strip()


class TakeBackView(TicketsDeskView):
    """The button that takes an answer back before it has left."""

    def post(self, request: Request, request_id: int, message_id: int) -> HttpResponse:
        """Withdraw the answer; an own one is the draft in the composer again."""
        take_back(ticket_id=request_id, message_id=message_id, by=current_operator(request))
        return self.redirect(ticket_page(request_id), said=_("Taken back. It was not sent."))


def default_title(ticket: Ticket) -> str:
    """Return the subject of an answer that has none of its own."""
    return typed_draft(None, ticket).title


def _composer(ticket_id: int, form: QueryDict, **shown: str) -> str:
    """Return the URL of a ticket's composer; who gets no copy is no part of the draft."""
    query: list[tuple[str, str]] = [(name, value) for name, value in shown.items() if value]
    if "chooses_cc" in form:
        query += [("cc", address) for address in form.getlist("cc")] or [("cc", "")]
    return f"{ticket_page(ticket_id)}?{urlencode(query)}#composer"


_TICKET = "desk/tickets/<int:request_id>"
urlpatterns = [
    path(f"{_TICKET}/answer/", AnswerView.as_view(), name="desk-answer"),
    path(f"{_TICKET}/note/", NoteView.as_view(), name="desk-note"),
    path(
        f"{_TICKET}/answers/<int:message_id>/undo/", TakeBackView.as_view(), name="desk-take-back"
    ),
]
