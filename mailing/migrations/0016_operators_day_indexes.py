"""Indexes for the mails to an operator about a ticket, and for the kept mail of a domain."""

from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models.functions import Reverse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mailing", "0015_operators_day")]

    operations = [
        ValidateConstraint("outboundemail", "outbound_is_about_a_ticket"),
        AddIndexConcurrently(
            "inboundemail",
            models.Index(
                OpClass(Reverse("requester_address"), "text_pattern_ops"),
                name="inbound_by_reversed_sender",
            ),
        ),
        AddIndexConcurrently(
            "outboundemail",
            models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "ticket", "created_at"],
                name="outbound_to_operator",
            ),
        ),
    ]
