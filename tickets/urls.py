from django.urls import path

from tickets import file_views, html_view, views

urlpatterns = [
    path("requests/user_requests/", views.TicketListView.as_view(), name="tickets"),
    path("requests/user_requests/<int:request_id>/", views.TicketView.as_view(), name="ticket"),
    path("mgs/requests/<int:request_id>/mgs/", views.MessageListView.as_view(), name="messages"),
    path("mgs/requests/<int:request_id>/files/", file_views.UploadView.as_view(), name="files"),
    path(
        "mgs/requests/<int:request_id>/files/<int:file_id>/",
        file_views.DownloadView.as_view(),
        name="file",
    ),
    path("mgs/requests/<int:request_id>/mgs/create", views.ReplyView.as_view(), name="reply"),
    path(
        "mgs/requests/<int:request_id>/mgs/<int:pk>/html",
        html_view.MessageHtmlView.as_view(),
        name="message-html",
    ),
    path(
        "ops/<int:operator_id>/requests/<int:request_id>/progress/",
        views.TakeView.as_view(),
        name="take",
    ),
    path(
        "ops/<int:operator_id>/requests/<int:request_id>/close/",
        views.CloseView.as_view(),
        name="close",
    ),
]
