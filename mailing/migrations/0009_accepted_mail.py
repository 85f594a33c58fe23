"""Remember which ignored mail a supervisor accepted as a person's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailing", "0008_plain_names")]

    operations = [
        migrations.AddField(
            "inboundemail",
            "as_person",
            models.BooleanField(db_default=False, default=False, verbose_name="accepted"),
        ),
    ]
