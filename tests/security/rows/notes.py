"""Who may call the URLs of notes, the timeline, drafts and templates."""

from tests.security.rows.base import OPERATORS, Bodies, Row

_TICKET = "/requests/user_requests/{taken}"
# A note is its author's, the operator's.
_AUTHOR = {**OPERATORS, "another operator": 403, "supervisor": 403}

ROWS: list[Row] = [
    Row("GET", f"{_TICKET}/notes/", OPERATORS),
    Row("POST", f"{_TICKET}/notes/", OPERATORS, 201, "note"),
    Row("PATCH", f"{_TICKET}/notes/{{note}}/", _AUTHOR, 200, "note"),
    Row("DELETE", f"{_TICKET}/notes/{{note}}/", _AUTHOR, 204),
    Row("GET", f"{_TICKET}/timeline/", OPERATORS),
]

BODIES: Bodies = {
    "note": lambda world: {"text": "@901 The printer is under guarantee."},
}
