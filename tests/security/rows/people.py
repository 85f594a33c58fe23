"""Who may call the URLs of participants, merges and requesters."""

from tests.security.rows.base import OPERATORS, Bodies, Row

ROWS: list[Row] = [
    Row("GET", "/requests/requesters/", OPERATORS),
    Row("GET", "/requests/requesters/{requester}/", OPERATORS),
    Row("PATCH", "/requests/requesters/{requester}/", OPERATORS, 200, "requester"),
    Row("GET", "/requests/requesters/{requester}/tickets/", OPERATORS),
]

BODIES: Bodies = {
    "requester": lambda world: {"note": "Call after lunch."},
}
