"""Who may call the page of a ticket, its parts, and its forms.

A form leads back to the page, also where it was refused: the page says why.
"""

from tests.security.rows.base import DESK_FORM, DESK_PAGE, Bodies, Row

_TICKET, _TAKEN = "/desk/tickets/{ticket}/", "/desk/tickets/{taken}/"

ROWS: list[Row] = [
    Row("GET", _TICKET, DESK_PAGE),
    Row("GET", f"{_TICKET}merge-into/", DESK_PAGE, 400),  # it needs a number
    Row("GET", f"{_TAKEN}files/{{file}}/", DESK_PAGE),
    Row("GET", f"{_TAKEN}messages/{{message}}/html/", DESK_PAGE),
    Row("POST", f"{_TICKET}take/", DESK_FORM, 303),
    Row("POST", f"{_TICKET}assign/", DESK_FORM, 303, "holder"),
    Row("POST", f"{_TAKEN}close/", DESK_FORM, 303),
    Row("POST", "/desk/tickets/{closed}/reopen/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}snooze/", DESK_FORM, 303, "later"),
    Row("POST", f"{_TAKEN}priority/", DESK_FORM, 303, "high"),
    Row("POST", f"{_TAKEN}seen-to/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}tags/add/", DESK_FORM, 303, "one tag"),
    Row("POST", f"{_TAKEN}tags/remove/", DESK_FORM, 303, "one tag"),
    Row("POST", f"{_TAKEN}participants/", DESK_FORM, 303, "participant"),
    Row("POST", f"{_TAKEN}participants/{{participant}}/remove/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}requester-note/", DESK_FORM, 303, "requester"),
    Row("POST", f"{_TICKET}merge/", DESK_FORM, 303, "into"),
    Row("POST", "/desk/tickets/{merged}/unmerge/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}notes/{{note}}/edit/", DESK_FORM, 303, "note"),
    Row("POST", f"{_TAKEN}notes/{{note}}/delete/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}messages/{{scheduled}}/withdraw/", DESK_FORM, 303),
    Row("POST", f"{_TAKEN}messages/{{scheduled}}/send/", DESK_FORM, 303),
]

BODIES: Bodies = {
    "holder": lambda world: {"operator_id": str(world.other.pk)},
    "later": lambda world: {"snoozed_until": "2099-01-15T09:00:00+03:00"},
    "high": lambda world: {"priority": "high"},
    "one tag": lambda world: {"tag": "vpn"},
}
