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
    # The caller's own; each of them has one.
    Row("GET", f"{_TICKET}/draft/", OPERATORS),
    Row("PUT", f"{_TICKET}/draft/", OPERATORS, 200, "draft"),
    Row("DELETE", f"{_TICKET}/draft/", OPERATORS, 204),
    Row("GET", f"{_TICKET}/drafts/", OPERATORS),
    Row("PUT", f"{_TICKET}/seen/", OPERATORS, 200, "seen"),
    Row("GET", "/ops/templates/", OPERATORS),
    Row("POST", "/ops/templates/", OPERATORS, 201, "template"),
    Row("PATCH", "/ops/templates/{template}/", OPERATORS, 200, "template"),
    Row("DELETE", "/ops/templates/{template}/", OPERATORS, 204),
    Row("POST", "/ops/templates/{template}/render/", OPERATORS, 200, "rendered"),
]

BODIES: Bodies = {
    "note": lambda world: {"text": "@901 The printer is under guarantee."},
    "draft": lambda world: {"title": "Re", "text": "Hello"},
    "seen": lambda world: {"message_count": 1},
    "template": lambda world: {"name": "Hello", "text": "Hello {{ requester_name }}!"},
    "rendered": lambda world: {"request_id": world.taken.pk},
}
