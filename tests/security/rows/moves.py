"""Who may call the URLs of changes of a ticket."""

from tests.security.rows.base import ITSELF, OPERATORS, Bodies, Row

ROWS: list[Row] = [
    Row("POST", "/requests/user_requests/", OPERATORS, 201, "opening"),
    Row("PATCH", "/requests/user_requests/{ticket}/", OPERATORS, 200, "properties"),
    Row("POST", "/requests/user_requests/{ticket}/assign/", OPERATORS, 200, "assign"),
    Row("POST", "/requests/user_requests/{closed}/reopen/", OPERATORS),
    Row("POST", "/requests/bulk/", OPERATORS, 200, "bulk"),
    Row("POST", "/ops/{me}/requests/{ticket}/progress/", ITSELF),
    Row("POST", "/ops/{me}/requests/{taken}/close/", ITSELF),
]

BODIES: Bodies = {
    "opening": lambda world: {
        "user_email": "walk.in@example.com",
        "title": "A walk-in",
        "description": "They came by.",
    },
    "properties": lambda world: {"priority": "high", "needs_attention": True},
    "assign": lambda world: {"operator_id": world.other.pk},
    # The id in the body is another's for everybody but one.
    "bulk": lambda world: {
        "requests": [{"request_id": world.ticket.pk}],
        "action": "assign",
        "operator_id": world.other.pk,
    },
}
