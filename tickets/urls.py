"""URLs of the tickets API; names and paths are those of the original API."""

from django.urls import path

from tickets.api import files, message_html, messages, tickets

urlpatterns = [
    path("requests/user_requests/", tickets.TicketListView.as_view(), name="tickets"),
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
]
