"""What operators write about requesters."""

from typing import Any

from django.db import transaction

from tickets.models import Requester


@transaction.atomic
def change_requester(*, requester_id: int, changes: dict[str, Any]) -> Requester:
    """Set the name or the note of a requester; neither is part of a ticket's version or history."""
    requester = Requester.objects.select_for_update(no_key=True).get(pk=requester_id)
    for field, value in changes.items():
        setattr(requester, field, value)
    requester.save(update_fields=list(changes))
    return requester
