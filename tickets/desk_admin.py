"""Participants, notes and templates of replies in the Django admin.

Drafts have no page: the API, too, shows them to their authors alone.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from tickets.admin_display import format_time, link, multiline, shorten, table
from tickets.models import Participant, ReplyTemplate
from tickets.note_models import Note
from tickets.read_only_admin import ReadOnlyAdmin


class _OfATicket:
    """A column with the row's ticket, for which the ticket is not read."""

    @admin.display(ordering="ticket", description=_("ticket"))
    def ticket_link(self, row: Participant | Note) -> str:
        return link("tickets_ticket", row.ticket_id, f"#{row.ticket_id}")


@admin.register(Participant)
class ParticipantAdmin(_OfATicket, ReadOnlyAdmin[Participant]):
    """Who is or was in copy of which ticket."""

    list_display = ["id", "ticket_link", "email", "name", "is_removed", "created_at"]
    list_display_links = ["id", "email"]
    list_filter = ["is_removed"]
    search_fields = ["=ticket__id", "email", "name"]
    fields = ["ticket_link", "email", "name", "is_removed", "merged_from", "created_at"]


@admin.register(Note)
class NoteAdmin(_OfATicket, ReadOnlyAdmin[Note]):
    """A note's page shows what it says, and what it said before each edit."""

    list_display = ["id", "ticket_link", "author", "beginning", "created_at", "edited_at"]
    list_display_links = ["id", "beginning"]
    list_select_related = ["author"]
    search_fields = ["=ticket__id", "text"]
    fields = ["ticket_link", "author", "whole_text", "earlier", "created_at", "edited_at"]

    @admin.display(description=_("text"))
    def beginning(self, note: Note) -> str:
        return shorten(note.text)

    @admin.display(description=_("text"))
    def whole_text(self, note: Note) -> str:
        return multiline(note.text)

    @admin.display(description=_("earlier texts"))
    def earlier(self, note: Note) -> str:
        return table((format_time(text["at"]), multiline(text["text"])) for text in note.history)


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(ReadOnlyAdmin[ReplyTemplate]):
    """The texts for replies that all operators share."""

    list_display = ["id", "name", "created_by", "created_at", "updated_at"]
    list_display_links = ["id", "name"]
    list_select_related = ["created_by"]
    search_fields = ["name", "text"]
    fields = ["name", "whole_text", "created_by", "created_at", "updated_at"]

    @admin.display(description=_("text"))
    def whole_text(self, template: ReplyTemplate) -> str:
        return multiline(template.text)
