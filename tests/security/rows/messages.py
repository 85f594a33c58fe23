"""Who may call the URLs of messages and their files."""

from io import BytesIO

from tests.security.rows.base import ITSELF, OPERATORS, Bodies, Row

ROWS: list[Row] = [
    Row("GET", "/mgs/requests/{taken}/mgs/", OPERATORS),
    Row("POST", "/mgs/requests/{taken}/mgs/create", ITSELF, 201, "reply"),
    Row("GET", "/mgs/requests/{taken}/mgs/{message}/html", OPERATORS),
    Row("POST", "/mgs/requests/{taken}/mgs/{scheduled}/withdraw/", OPERATORS),
    Row("POST", "/mgs/requests/{taken}/mgs/{scheduled}/send/", OPERATORS),
    Row("POST", "/mgs/requests/{taken}/files/", OPERATORS, 201, "file"),
    Row("GET", "/mgs/requests/{taken}/files/{file}/", OPERATORS),
]

BODIES: Bodies = {
    "reply": lambda world: {
        "title": "Re",
        "description": "Hello",
        "recipient_mail": world.taken.requester.email,
        "operator_id": world.me.pk,
    },
    "file": lambda world: {"file": BytesIO(b"text")},
}
