"""Who may call the desk's URLs of answering, drafts and templates."""

from tests.security.rows.base import DESK_FORM, DESK_PAGE, Bodies, Row

_TICKET = "/desk/tickets/{taken}"

ROWS: list[Row] = [
    Row("POST", f"{_TICKET}/answer/", DESK_FORM, 303, "desk answer"),
    Row("POST", f"{_TICKET}/note/", DESK_FORM, 303, "desk note"),
    Row("POST", f"{_TICKET}/answers/{{scheduled}}/undo/", DESK_FORM, 303),
    Row("POST", f"{_TICKET}/draft/", DESK_FORM, 200, "desk note"),
    Row("POST", f"{_TICKET}/draft/delete/", DESK_FORM, 303),
    Row("POST", f"{_TICKET}/uploads/", DESK_FORM, 200),
    Row("GET", f"{_TICKET}/templates/{{template}}/", DESK_PAGE),
    Row("GET", "/desk/templates/", DESK_PAGE),
    Row("POST", "/desk/templates/", DESK_FORM, 303, "desk template"),
    Row("GET", "/desk/templates/{template}/", DESK_PAGE),
    Row("POST", "/desk/templates/{template}/", DESK_FORM, 303, "desk template"),
    Row("POST", "/desk/templates/{template}/delete/", DESK_FORM, 303),
]

BODIES: Bodies = {
    "desk answer": lambda world: {"text": "Hello", "title": "Re", "key": "a"},
    "desk note": lambda world: {"text": "The printer is under guarantee."},
    "desk template": lambda world: {"name": "Hello", "text": "Hello {{ requester_name }}!"},
}
