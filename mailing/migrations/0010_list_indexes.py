"""Indexes for the inbox by kind and the outbox by recipient."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mailing", "0009_accepted_mail")]

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
    ]
