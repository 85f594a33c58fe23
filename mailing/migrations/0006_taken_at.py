"""When the mail server had taken a mail, or may have: the send rates count each such try."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailing", "0005_muted_mailbox_by_number")]

    operations = [
        migrations.AddField(
            "outboundemail",
            "taken_at",
            ArrayField(
                models.DateTimeField(),
                default=list,
                db_default=models.Value([], ArrayField(models.DateTimeField())),
                blank=True,
            ),
        ),
    ]
