"""Tell an open page whether there is something new, so cheaply that it can ask all the time."""

import time
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.urls import path, reverse
from rest_framework.request import Request

from operators.authentication import current_operator
from operators.desk.views import DeskView
from operators.models import Operator

# Who changed a draft within this time is writing; others have a draft.
IS_WRITING = timedelta(minutes=2)
# A page is renewed as often as this even if nothing happens: it says how long ago things were.
_RENEWED_SECONDS = 60
# The last entries are looked at, and not the last alone, because the transaction of an entry with
# a smaller id may commit after that of the last.
_ENTRIES = 1000
_STATEMENT = """
SELECT (SELECT (max(id), min(id)) FROM
         (SELECT id FROM tickets_historyentry ORDER BY id DESC LIMIT %(entries)s) AS last_entries),
       (SELECT array_agg((ticket_id, operator_id) ORDER BY ticket_id, operator_id)
          FROM tickets_draft
         WHERE updated_at > now() - make_interval(secs => %(writing)s)
           AND operator_id <> %(operator)s)
"""
_OF_A_TICKET = """
,      (SELECT version FROM tickets_ticket WHERE id = %(ticket)s),
       (SELECT md5(string_agg(concat(delivery, copies), ',' ORDER BY number))
          FROM tickets_message WHERE ticket_id = %(ticket)s AND sender_type = 'operator')
"""
_OF_A_LIST = """
,      (SELECT max(seen_at) FROM tickets_seenticket WHERE operator_id = %(operator)s)
"""


def changes_tag(operator: Operator, ticket_id: int | None = None) -> str:
    """Return an ETag that changes when a page of an operator should be loaded anew.

    That is when the history of any ticket goes on, when a colleague begins or ends writing, and
    once a minute; on the page of a ticket also when the delivery of a message changes, on a list
    when the operator has seen a ticket on another page. Take it before what the page shows is read.
    """
    statement = _STATEMENT + (_OF_A_LIST if ticket_id is None else _OF_A_TICKET)
    parameters = {
        "entries": _ENTRIES,
        "writing": IS_WRITING.total_seconds(),
        "operator": operator.pk,
        "ticket": ticket_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        state = cursor.fetchone()
    # Not the same second for all, so that not all pages are loaded in it.
    minute = int(time.time() + 7 * operator.pk) // _RENEWED_SECONDS
    digest = blake2b(repr((minute, state)).encode(), digest_size=12)
    return f'W/"{digest.hexdigest()}"'


def changes_url(ticket_id: int | None) -> str:
    """Return where the page of a ticket, or a list, asks for changes."""
    url = reverse("desk-changes")
    return url if ticket_id is None else f"{url}?ticket={ticket_id}"


class ChangesView(DeskView):
    """Whether a page is as it was: 304 while it is."""

    def get(self, request: Request) -> HttpResponse:
        """Answer with the present tag and without a body."""
        number: Any = request.query_params.get("ticket", "")
        is_number = number.isascii() and number.isdigit() and len(number) < 19
        tag = changes_tag(current_operator(request), int(number) if is_number else None)
        is_same = request.headers.get("If-None-Match") == tag
        return HttpResponse(status=304 if is_same else 200, headers={"ETag": tag})


urlpatterns = [path("desk/changes/", ChangesView.as_view(), name="desk-changes")]
