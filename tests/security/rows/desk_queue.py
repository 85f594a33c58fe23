"""Who may call the pages of the queue."""

from tests.security.rows.base import OK, Bodies, Row
from tests.security.world import CALLERS

_PAGE = {**dict.fromkeys(CALLERS, 302), "supervisor's session": OK}
_FORM = {**dict.fromkeys(CALLERS, 401), "supervisor's session": OK}

ROWS: list[Row] = [
    Row("GET", "/desk/", _PAGE),
    Row("GET", "/desk/changes/", _PAGE),
    Row("GET", "/desk/tickets/new/", _PAGE),
    Row("POST", "/desk/tickets/new/", _FORM, 303, "form of a new ticket"),
    Row("POST", "/desk/bulk/", _FORM, 303, "form of a list"),
]

BODIES: Bodies = {
    "form of a new ticket": lambda world: {
        "user_email": "new@example.com",
        "title": "A call",
        "description": "They called.",
    },
    "form of a list": lambda world: {"ticket": str(world.taken.pk), "action": "close"},
}
