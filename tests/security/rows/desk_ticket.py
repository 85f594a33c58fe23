"""Who may call the page of a ticket, and what it shows and does."""

from tests.security.rows.base import OK, Bodies, Row
from tests.security.world import CALLERS

_PAGE = {**dict.fromkeys(CALLERS, 302), "supervisor's session": OK}
_FORM = {**dict.fromkeys(CALLERS, 401), "supervisor's session": OK}
_TAKEN = "/desk/tickets/{taken}"

# A form that is refused, such as one for another operator's note, leads back to the page, too.
ROWS: list[Row] = [
    Row("GET", f"{_TAKEN}/messages/{{message}}/html/", _PAGE),
    Row("GET", f"{_TAKEN}/files/{{file}}/", _PAGE),
    Row("GET", f"{_TAKEN}/merge-into/?into=1", _PAGE),
    Row("POST", "/desk/tickets/{ticket}/take/", _FORM, 303),
    Row("POST", f"{_TAKEN}/assign/", _FORM, 303, "form of a holder"),
    Row("POST", f"{_TAKEN}/close/", _FORM, 303),
    Row("POST", "/desk/tickets/{closed}/reopen/", _FORM, 303),
    Row("POST", f"{_TAKEN}/snooze/", _FORM, 303, "form of a snooze"),
    Row("POST", f"{_TAKEN}/priority/", _FORM, 303, "form of a priority"),
    Row("POST", f"{_TAKEN}/seen-to/", _FORM, 303),
    Row("POST", f"{_TAKEN}/tags/add/", _FORM, 303, "form of a tag"),
    Row("POST", f"{_TAKEN}/tags/remove/", _FORM, 303, "form of a tag"),
    Row("POST", f"{_TAKEN}/participants/", _FORM, 303, "form of a participant"),
    Row("POST", f"{_TAKEN}/participants/{{participant}}/remove/", _FORM, 303),
    Row("POST", f"{_TAKEN}/requester-note/", _FORM, 303, "form of a requester"),
    Row("POST", f"{_TAKEN}/merge/", _FORM, 303, "form of a merge"),
    Row("POST", "/desk/tickets/{merged}/unmerge/", _FORM, 303),
    Row("POST", f"{_TAKEN}/notes/{{note}}/edit/", _FORM, 303, "form of a note"),
    Row("POST", f"{_TAKEN}/notes/{{note}}/delete/", _FORM, 303),
    Row("POST", f"{_TAKEN}/messages/{{scheduled}}/withdraw/", _FORM, 303),
    Row("POST", f"{_TAKEN}/messages/{{scheduled}}/send/", _FORM, 303),
]

BODIES: Bodies = {
    "form of a holder": lambda world: {"operator_id": str(world.other.pk)},
    "form of a snooze": lambda world: {"snooze_to": "now"},
    "form of a priority": lambda world: {"priority": "high"},
    "form of a tag": lambda world: {"tag": "printer"},
    "form of a participant": lambda world: {"email": "petr@example.com"},
    "form of a requester": lambda world: {"note": "Call after lunch."},
    "form of a merge": lambda world: {"into": str(world.ticket.pk)},
    "form of a note": lambda world: {"text": "The printer is under guarantee."},
}
