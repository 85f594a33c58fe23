"""Who may call the URLs of operators and their profiles."""

from tests.security.rows.base import OPERATORS, OWN, SUPERVISORS, Bodies, Row

ROWS: list[Row] = [
    Row("GET", "/ops/support_ops/", OPERATORS),
    Row("POST", "/ops/support_ops/", SUPERVISORS, 201, "operator"),
    Row("GET", "/ops/support_ops/me/", OPERATORS),
    Row("PATCH", "/ops/support_ops/me/", OPERATORS, 200, "name"),
    Row("GET", "/ops/support_ops/me/tokens/", OPERATORS),
    Row("POST", "/ops/support_ops/me/tokens/", OPERATORS, 201),
    Row("DELETE", "/ops/support_ops/me/tokens/{own_token}/", OWN, 204),
    Row("GET", "/ops/support_ops/{other}/", OPERATORS),
    Row("PATCH", "/ops/support_ops/{other}/", SUPERVISORS, 200, "name"),
    Row("GET", "/ops/support_ops/{other}/tokens/", SUPERVISORS),
    Row("POST", "/ops/support_ops/{other}/tokens/", SUPERVISORS, 201),
    Row("DELETE", "/ops/support_ops/{other}/tokens/{token}/", SUPERVISORS, 204),
]

BODIES: Bodies = {
    "operator": lambda world: {"operator_id": 5000, "operator_name": "Maria"},
    "name": lambda world: {"operator_name": "Maria"},
}
