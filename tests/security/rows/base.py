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

# The desk's pages are for sessions: whoever has none is led to the sign-in.
SESSIONS = {"operator's session": OK, "supervisor's session": OK}
NOT_SIGNED_IN = [caller for caller in CALLERS if caller not in SESSIONS]
DESK_PAGE = {**dict.fromkeys(NOT_SIGNED_IN, 302), **SESSIONS}
DESK_FORM = {**dict.fromkeys(NOT_SIGNED_IN, 401), **SESSIONS}


class Row(NamedTuple):
    method: str
    path: str
    who: dict[str, int]
    status: int = 200
    body: str = ""

    def is_for_anyone(self) -> bool:
        """Return whether the URL needs neither a token nor a session nor a signature."""
        return self.who["none"] not in (302, 401)

    def is_of_desk(self) -> bool:
        """Return whether it is one of the desk's pages and forms."""
        return self.path.startswith("/desk/")
