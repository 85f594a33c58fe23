"""Who may call the page of a ticket, and what it shows and does."""

from tests.security.rows.base import DESK_FORM, DESK_PAGE, Bodies, Row

_TAKEN = "/desk/tickets/{taken}"

# A form that is refused, such as one for another operator's note, leads back to the page, too.
ROWS: list[Row] = [
    Row("GET", f"{_TAKEN}/messages/{{message}}/html/", DESK_PAGE),
    Row("GET", f"{_TAKEN}/files/{{file}}/", DESK_PAGE),
    Row("GET", f"{_TAKEN}/merge-into/", DESK_PAGE, 400),
    Row("POST", "/desk/tickets/{ticket}/take/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}/assign/", DESK_FORM, 303, "form of a holder"),
    Row("POST", f"{_TAKEN}/close/", DESK_FORM, 303),
    Row("POST", "/desk/tickets/{closed}/reopen/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}/snooze/", DESK_FORM, 303, "form of a snooze"),
    Row("POST", f"{_TAKEN}/priority/", DESK_FORM, 303, "form of a priority"),
    Row("POST", f"{_TAKEN}/seen-to/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}/tags/add/", DESK_FORM, 303, "form of a tag"),
    Row("POST", f"{_TAKEN}/tags/remove/", DESK_FORM, 303, "form of a tag"),
    Row("POST", f"{_TAKEN}/participants/", DESK_FORM, 303, "form of a participant"),
    Row("POST", f"{_TAKEN}/participants/{{participant}}/remove/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}/requester-note/", DESK_FORM, 303, "form of a requester"),
    Row("POST", f"{_TAKEN}/merge/", DESK_FORM, 303, "form of a merge"),
    Row("POST", "/desk/tickets/{merged}/unmerge/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}/notes/{{note}}/edit/", DESK_FORM, 303, "form of a note"),
    Row("POST", f"{_TAKEN}/notes/{{note}}/delete/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}/messages/{{scheduled}}/withdraw/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}/messages/{{scheduled}}/send/", DESK_FORM, 303),
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
