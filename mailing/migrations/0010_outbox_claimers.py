"""The mail workers that have claimed mail since PostgreSQL's last crash."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailing", "0009_accepted_mail")]

    operations = [
        migrations.CreateModel(
            "OutboxClaimer",
            [("holder", models.UUIDField(primary_key=True, serialize=False))],
            options={"verbose_name": "mail worker", "verbose_name_plural": "mail workers"},
        ),
        # PostgreSQL empties an unlogged table when it recovers from a crash.
        migrations.RunSQL(
            "ALTER TABLE mailing_outboxclaimer SET UNLOGGED",
            "ALTER TABLE mailing_outboxclaimer SET LOGGED",
        ),
    ]
