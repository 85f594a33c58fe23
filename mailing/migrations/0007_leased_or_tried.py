"""An index on the few waiting mails that are leased or were tried, for each claim."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mailing", "0006_taken_at")]

    operations = [
        AddIndexConcurrently(
            "inboundemail",
            models.Index(
                fields=["sender"],
                condition=Q(state="received")
                & (
                    Q(attempts__gt=0)
                    | Q(lease_expires_at__isnull=False)
                    | Q(next_attempt_at__isnull=False)
                ),
                name="inbound_leased_or_tried",
            ),
        ),
    ]
