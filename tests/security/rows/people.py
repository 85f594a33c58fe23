"""Who may call the URLs of participants, merges and requesters."""

from tests.security.rows.base import OPERATORS, Bodies, Row

ROWS: list[Row] = [
    Row("GET", "/requests/user_requests/{taken}/participants/", OPERATORS),
    Row("POST", "/requests/user_requests/{taken}/participants/", OPERATORS, 201, "participant"),
    Row("DELETE", "/requests/user_requests/{taken}/participants/{participant}/", OPERATORS, 204),
    Row("POST", "/requests/user_requests/{ticket}/merge/", OPERATORS, 200, "into"),
    Row("POST", "/requests/user_requests/{merged}/unmerge/", OPERATORS),
    Row("GET", "/requests/requesters/", OPERATORS),
    Row("GET", "/requests/requesters/{requester}/", OPERATORS),
    Row("PATCH", "/requests/requesters/{requester}/", OPERATORS, 200, "requester"),
    Row("GET", "/requests/requesters/{requester}/tickets/", OPERATORS),
]

BODIES: Bodies = {
    "participant": lambda world: {"email": "petr@example.com"},
    "into": lambda world: {"into": world.taken.pk},
    "requester": lambda world: {"note": "Call after lunch."},
}
