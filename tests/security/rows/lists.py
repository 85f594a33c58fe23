"""Who may call the URLs of lists of tickets, and one ticket."""

from tests.security.rows.base import OPERATORS, Bodies, Row

ROWS: list[Row] = [
    Row("GET", "/requests/user_requests/", OPERATORS),
    Row("GET", "/requests/user_requests/counts/", OPERATORS),
    Row("GET", "/requests/user_requests/{ticket}/", OPERATORS),
]

BODIES: Bodies = {}
