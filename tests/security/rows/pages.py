"""Who may call the URLs of pages and checks."""

from tests.security.rows.base import ANYONE, Bodies, Row

ROWS: list[Row] = [
    Row("GET", "/", ANYONE),
    Row("GET", "/docs/", ANYONE),
    Row("GET", "/docs/swagger.json", ANYONE),
    Row("GET", "/healthz", ANYONE),
    Row("GET", "/readyz", ANYONE),
    Row("GET", "/metrics", ANYONE),
]

BODIES: Bodies = {}
