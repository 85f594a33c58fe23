"""Keep operators' unsent answers."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from operators.models import Operator
from tickets.changes import lock_ticket
from tickets.files.uploads import lock_uploads
from tickets.models import Draft


@transaction.atomic
def save_draft(
    *, ticket_id: int, by: Operator, title: str, text: str, file_ids: Sequence[int]
) -> Draft:
    """Store an operator's unsent answer in a ticket of any status, in place of their last one.

    file_ids are uploads of this operator to this ticket; they are kept while the draft is.
    Raises `Http404` and, for the files, `ValidationError` and `FilesTooLarge`.
    """
    # Locked, so that an answer that is sent at the same time has sent the files, or has not.
    ticket = lock_ticket(ticket_id=ticket_id)
    lock_uploads(ticket=ticket, by=by, ids=list(file_ids))
    now = timezone.now()
    content = {"title": title, "text": text, "files": list(file_ids), "updated_at": now}
    draft, _created = Draft.objects.update_or_create(
        ticket=ticket,
        operator=by,
        defaults=content,
        create_defaults={**content, "created_at": now},
    )
    return draft


def delete_draft(*, ticket_id: int, by: Operator) -> bool:
    """Delete an operator's draft; return whether there was one."""
    deleted, _rows = Draft.objects.filter(ticket=ticket_id, operator=by).delete()
    return bool(deleted)
