"""Keep what is typed into the composer while it is typed, and take its files."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from rest_framework.request import Request

from operators.authentication import current_operator
from operators.desk.once import is_done
from operators.desk.views import problem_texts, read_form
from operators.models import Operator
from tickets import drafts, reply_templates
from tickets.api.drafts import DraftSerializer
from tickets.changes import lock_ticket
from tickets.desk.actions import ticket_page
from tickets.desk.uploading import UploadingView
from tickets.desk.views import TicketsDeskView
from tickets.models import Attachment, Draft, ReplyTemplate, Ticket


def typed_draft(draft: Draft | None, ticket: Ticket) -> Draft:
    """Return the draft, or an empty one with the subject that an answer has."""
    if draft is not None:
        return draft
    subject = ticket.title.strip()
    is_answer = subject.lower().startswith(("re:", "ответ:"))
    return Draft(ticket=ticket, title=subject if is_answer else f"Re: {subject}".strip())


@transaction.atomic
def keep_draft(ticket_id: int, *, by: Operator, form: QueryDict) -> Draft | None:
    """Store what a form has in it as the operator's draft, or drop the draft if that is nothing.

    A form that was sent meanwhile leaves none. Raises `Http404`, `ValidationError` and
    `FilesTooLarge`.
    """
    given = {name: form.get(name, "") for name in ("title", "text")}
    serializer = DraftSerializer(data={**given, "files": form.getlist("files")})
    serializer.is_valid(raise_exception=True)
    title, text, files = (serializer.validated_data[name] for name in ("title", "text", "files"))
    lock_ticket(ticket_id=ticket_id)  # whoever sends the form at this moment is first, or waits
    if is_done(operator=by, key=str(form.get("key", ""))):
        return None
    if not text.strip() and not files:
        drafts.delete_draft(ticket_id=ticket_id, by=by)
        return None
    return drafts.save_draft(ticket_id=ticket_id, by=by, title=title, text=text, file_ids=files)


class ScriptView(TicketsDeskView):
    """A view for the composer's script, which answers in JSON."""

    def show_problem(self, problem: Mapping[str, Any]) -> HttpResponse:
        """Return what is wrong as a text."""
        texts = {"problem": " ".join(problem_texts(problem))}
        return JsonResponse(texts, status=problem["status"])


class DraftView(ScriptView):
    """The draft, which the script sends while somebody types."""

    def post(self, request: Request, request_id: int) -> HttpResponse:
        """Keep the draft, and say when that was."""
        by = current_operator(request)
        form = read_form(request)
        draft = keep_draft(request_id, by=by, form=form)
        if draft is None and is_done(operator=by, key=form.get("key", "")):
            return JsonResponse({"sent": True})
        at = timezone.localtime(draft.updated_at if draft else timezone.now())
        said = _("Saved %(time)s") % {"time": date_format(at, "H:i")} if draft else ""
        return JsonResponse({"at": at.isoformat(), "said": said})


class DropDraftView(TicketsDeskView):
    """The button that deletes the draft."""

    def post(self, request: Request, request_id: int) -> HttpResponse:
        """Delete the own draft, if there is one."""
        get_object_or_404(Ticket, pk=request_id)
        drafts.delete_draft(ticket_id=request_id, by=current_operator(request))
        return self.redirect(ticket_page(request_id), said=_("The draft is deleted."))


class UploadView(UploadingView, ScriptView):
    """Files that are dropped, pasted or chosen, which the script sends at once."""

    def post(self, request: Request, request_id: int) -> HttpResponse:
        """Keep the files for an answer; the form names their ids."""
        ticket = get_object_or_404(Ticket, pk=request_id)
        files: list[Attachment] = self.receive(request, ticket)
        return JsonResponse({"files": [{"id": file.pk, "name": file.name} for file in files]})


class RenderedTemplateView(ScriptView):
    """A template's text for a ticket, which the script puts where the cursor is."""

    def get(self, request: Request, request_id: int, template_id: int) -> HttpResponse:
        """Return the text with the values of its variables."""
        ticket = get_object_or_404(Ticket.objects.select_related("requester"), pk=request_id)
        template = get_object_or_404(ReplyTemplate, pk=template_id)
        by = current_operator(request)
        return JsonResponse({"text": reply_templates.render(template, ticket=ticket, by=by)})


_TICKET = "desk/tickets/<int:request_id>"
urlpatterns = [
    path(f"{_TICKET}/draft/", DraftView.as_view(), name="desk-draft"),
    path(f"{_TICKET}/draft/delete/", DropDraftView.as_view(), name="desk-draft-delete"),
    path(f"{_TICKET}/uploads/", UploadView.as_view(), name="desk-uploads"),
    path(
        f"{_TICKET}/templates/<int:template_id>/",
        RenderedTemplateView.as_view(),
        name="desk-template-text",
    ),
]
