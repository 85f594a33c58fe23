"""New names in the code for a model and a field; tables and columns keep theirs."""

from django.db import migrations, models
from django.db.models import Q

_LEASED_OR_TRIED = (
    Q(state="received")
    & (
        Q(attempts__gt=0)
        | Q(lease_expires_at__isnull=False)
        | Q(next_attempt_at__isnull=False)
    )
)


class Migration(migrations.Migration):
    dependencies = [("mailing", "0007_leased_or_tried")]

    operations = [
        migrations.AlterModelTable("pulse", "mailing_pulse"),
        migrations.RenameModel("Pulse", "Heartbeat"),
        migrations.AlterModelOptions(
            "heartbeat",
            {"verbose_name": "heartbeat", "verbose_name_plural": "heartbeats"},
        ),
        migrations.AlterField(
            "inboundemail",
            "sender",
            models.CharField(
                blank=True, db_column="sender", max_length=320, verbose_name="sender"
            ),
        ),
        migrations.RenameField("inboundemail", "sender", "requester_address"),
        # The index names the field; its column is the same.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("inboundemail", "inbound_leased_or_tried"),
                migrations.AddIndex(
                    "inboundemail",
                    models.Index(
                        fields=["requester_address"],
                        condition=_LEASED_OR_TRIED,
                        name="inbound_leased_or_tried",
                    ),
                ),
            ],
        ),
    ]
