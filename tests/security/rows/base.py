"""A row of the tables, and who may call."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.security.world import CALLERS, World

# Request bodies by the names that the rows use.
Bodies = dict[str, Callable[[World], Any]]

OK = 0  # the status of the row
ANYONE = dict.fromkeys(CALLERS, OK)
NOBODY = dict.fromkeys(CALLERS, 401)
OPERATORS = {**NOBODY, "operator": OK, "another operator": OK, "supervisor": OK}
SUPERVISORS = {**NOBODY, "operator": 403, "another operator": 403, "supervisor": OK}
# The path or the body names "operator"; a supervisor acts only as itself, too.
ITSELF = {**NOBODY, "operator": OK, "another operator": 403, "supervisor": 403}
# The path names what is "operator"'s own, and for others does not exist.
OWN = {**NOBODY, "operator": OK, "another operator": 404, "supervisor": 404}
# A repeated call is allowed: its mails are duplicates, and the response is the same.
SCRIPT = {**NOBODY, "signed": OK, "replayed": OK, "signed, old secret": OK}


class Row(NamedTuple):
    method: str
    path: str
    who: dict[str, int]
    status: int = 200
    body: str = ""
