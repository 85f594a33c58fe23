"""URLs of the webhook, and of inbox and outbox for supervisors."""

from django.urls import path

from mailing.api import blocks
from mailing.api import views as api
from mailing.webhook import views as webhook

urlpatterns = [
    path("requests/webhook/email/", webhook.WebhookView.as_view(), name="webhook"),
    path("requests/webhook/email/reconcile/", webhook.ReconcileView.as_view(), name="reconcile"),
    path("mail/inbox/", api.InboxView.as_view(), name="inbox"),
    path("mail/inbox/replay", api.ReplayAllView.as_view(), name="inbox-replay"),
    path("mail/inbox/<int:pk>/", api.InboundView.as_view(), name="inbound"),
    path("mail/inbox/<int:pk>/raw", api.RawView.as_view(), name="inbound-raw"),
    path("mail/inbox/<int:pk>/replay", api.ReplayView.as_view(), name="inbound-replay"),
    path("mail/inbox/<int:pk>/accept", api.AcceptView.as_view(), name="inbound-accept"),
    path("mail/outbox/", api.OutboxView.as_view(), name="outbox"),
    path("mail/outbox/<int:pk>/", api.OutboundView.as_view(), name="outbound"),
    path("mail/outbox/<int:pk>/retry", api.RetryView.as_view(), name="outbound-retry"),
    path("mail/outbox/<int:pk>/cancel", api.CancelView.as_view(), name="outbound-cancel"),
    *blocks.urlpatterns,
]
