"""URLs of the tickets API and of the desk; features have them in their own modules."""

from django.urls import path

from tickets.api import (
    bulk,
    counts,
    drafts,
    files,
    merging,
    message_html,
    messages,
    moves,
    notes,
    participants,
    replies,
    reply_templates,
    requesters,
    seen,
    tickets,
    timeline,
)
from tickets.desk import answering as desk_answering
from tickets.desk import bulk as desk_bulk
from tickets.desk import changes as desk_changes
from tickets.desk import drafts as desk_drafts
from tickets.desk import new_ticket as desk_new_ticket
from tickets.desk import queue as desk_queue
from tickets.desk import template_pages as desk_templates
from tickets.desk import ticket as desk_ticket

urlpatterns = [
    path("requests/user_requests/", tickets.TicketListView.as_view(), name="tickets"),
    path("requests/user_requests/counts/", counts.CountsView.as_view(), name="ticket-counts"),
    path("requests/user_requests/<int:request_id>/", tickets.TicketView.as_view(), name="ticket"),
    path("mgs/requests/<int:request_id>/mgs/", messages.MessageListView.as_view(), name="messages"),
    path("mgs/requests/<int:request_id>/files/", files.UploadView.as_view(), name="files"),
    path(
        "mgs/requests/<int:request_id>/files/<int:file_id>/",
        files.DownloadView.as_view(),
        name="file",
    ),
    path("mgs/requests/<int:request_id>/mgs/create", messages.ReplyView.as_view(), name="reply"),
    path(
        "mgs/requests/<int:request_id>/mgs/<int:pk>/html",
        message_html.MessageHtmlView.as_view(),
        name="message-html",
    ),
    path(
        "ops/<int:operator_id>/requests/<int:request_id>/progress/",
        tickets.TakeView.as_view(),
        name="take",
    ),
    path(
        "ops/<int:operator_id>/requests/<int:request_id>/close/",
        tickets.CloseView.as_view(),
        name="close",
    ),
    *bulk.urlpatterns,
    *drafts.urlpatterns,
    *merging.urlpatterns,
    *moves.urlpatterns,
    *notes.urlpatterns,
    *participants.urlpatterns,
    *replies.urlpatterns,
    *reply_templates.urlpatterns,
    *requesters.urlpatterns,
    *seen.urlpatterns,
    *timeline.urlpatterns,
    *desk_bulk.urlpatterns,
    *desk_changes.urlpatterns,
    *desk_new_ticket.urlpatterns,
    *desk_queue.urlpatterns,
    *desk_ticket.urlpatterns,
    *desk_answering.urlpatterns,
    *desk_drafts.urlpatterns,
    *desk_templates.urlpatterns,
]
