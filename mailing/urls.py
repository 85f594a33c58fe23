from django.urls import path

from mailing.views import mail, webhook

urlpatterns = [
    path("requests/webhook/email/", webhook.WebhookView.as_view(), name="webhook"),
    path("requests/webhook/email/reconcile/", webhook.ReconcileView.as_view(), name="reconcile"),
    path("mail/inbox/", mail.InboxView.as_view(), name="inbox"),
    path("mail/inbox/replay", mail.ReplayAllView.as_view(), name="inbox-replay"),
    path("mail/inbox/<int:pk>/", mail.InboundView.as_view(), name="inbound"),
    path("mail/inbox/<int:pk>/raw", mail.RawView.as_view(), name="inbound-raw"),
    path("mail/inbox/<int:pk>/replay", mail.ReplayView.as_view(), name="inbound-replay"),
    path("mail/outbox/", mail.OutboxView.as_view(), name="outbox"),
    path("mail/outbox/<int:pk>/", mail.OutboundView.as_view(), name="outbound"),
    path("mail/outbox/<int:pk>/retry", mail.RetryView.as_view(), name="outbound-retry"),
    path("mail/outbox/<int:pk>/cancel", mail.CancelView.as_view(), name="outbound-cancel"),
]
