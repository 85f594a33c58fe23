"""Who may call the URLs of changes of a ticket."""

from tests.security.rows.base import ITSELF, OPERATORS, Bodies, Row

ROWS: list[Row] = [
    Row("PATCH", "/requests/user_requests/{ticket}/", OPERATORS, 200, "attention"),
    Row("POST", "/ops/{me}/requests/{ticket}/progress/", ITSELF),
    Row("POST", "/ops/{me}/requests/{taken}/close/", ITSELF),
]

BODIES: Bodies = {
    "attention": lambda world: {"needs_attention": False},
}
