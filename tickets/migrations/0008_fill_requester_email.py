"""Fill in the requester's address of older tickets, in batches that lock few rows each."""

from django.db import migrations
from django.db.models import Max, OuterRef, Subquery

_BATCH = 10_000


def fill(apps, schema_editor):
    tickets = apps.get_model("tickets", "Ticket").objects
    requesters = apps.get_model("tickets", "Requester").objects
    email = Subquery(requesters.filter(pk=OuterRef("requester")).values("email"))
    newest = tickets.aggregate(newest=Max("pk"))["newest"] or 0
    for first in range(0, newest + 1, _BATCH):
        tickets.filter(pk__range=(first, first + _BATCH - 1), requester_email="").update(
            requester_email=email
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0007_requester_email_of_tickets")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
