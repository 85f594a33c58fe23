"""Who may call the pages of the queue."""

from tests.security.rows.base import DESK_FORM, DESK_PAGE, Bodies, Row

ROWS: list[Row] = [
    Row("GET", "/desk/", DESK_PAGE),
    Row("GET", "/desk/changes/", DESK_PAGE),
    Row("GET", "/desk/tickets/new/", DESK_PAGE),
    Row("POST", "/desk/tickets/new/", DESK_FORM, 303, "form of a new ticket"),
    Row("POST", "/desk/bulk/", DESK_FORM, 303, "form of a list"),
]

BODIES: Bodies = {
    "form of a new ticket": lambda world: {
        "user_email": "new@example.com",
        "title": "A call",
        "description": "They called.",
    },
    "form of a list": lambda world: {"ticket": str(world.taken.pk), "action": "close"},
}
