"""Indexes for the inbox by kind, the outbox by recipient, claims, and the age of waiting mail."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Coalesce, Sign, Upper
from django.db.models.lookups import Exact


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mailing", "0011_claimed_mail")]

    operations = [
        AddIndexConcurrently(
            "inboundemail",
            models.Index(
                fields=["state", "kind", "id"], condition=~Q(kind=""), name="inbound_by_kind"
            ),
        ),
        AddIndexConcurrently(
            "outboundemail",
            models.Index(Upper("recipient"), "id", name="outbound_by_recipient"),
        ),
        AddIndexConcurrently(
            "inboundemail",
            models.Index(
                fields=["requester_address", "internal_date", "id"],
                condition=Q(state="received"),
                name="inbound_waiting_by_sender",
            ),
        ),
        AddIndexConcurrently(
            "inboundemail",
            models.Index(
                fields=["received_at"], condition=Q(state="received"), name="inbound_waiting_since"
            ),
        ),
        AddIndexConcurrently(
            "outboundemail",
            models.Index(
                Coalesce("first_attempt_at", "next_attempt_at", "created_at"),
                condition=Q(state__in=["queued", "sending", "deferred"]),
                name="outbound_due_since",
            ),
        ),
        AddIndexConcurrently(
            "inboundemail",
            models.Index(
                fields=["requester_address"],
                condition=Q(state="received")
                & (
                    Q(Exact(Sign("attempts"), 1))
                    | Q(lease_expires_at__isnull=False)
                    | Q(next_attempt_at__isnull=False)
                ),
                name="inbound_held_or_tried",
            ),
        ),
        RemoveIndexConcurrently("inboundemail", "inbound_leased_or_tried"),
    ]
