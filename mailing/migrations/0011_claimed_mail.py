"""An index on the mails that are claimed: those that wait for their turn, too."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mailing", "0010_outbox_claimers")]

    operations = [
        RemoveIndexConcurrently("outboundemail", "outbound_leased"),
        AddIndexConcurrently(
            "outboundemail",
            models.Index(
                fields=["lease_holder"],
                condition=Q(lease_expires_at__isnull=False),
                name="outbound_leased",
            ),
        ),
    ]
