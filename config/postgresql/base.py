"""The database backend (`ENGINE` in the settings)."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Looks at a connection's socket before each request instead of sending `SELECT 1`.

    The query was an eighth of a webhook call. A server that stops or restarts closes its
    connections, which makes their sockets readable.
    """

    def is_usable(self) -> bool:
        """Return whether the connection can be used; only if something was received is it tried."""
        if self.connection is None or self.connection.closed:
            return False
        sockets = select.poll()  # unlike select(), for any number of open files
        sockets.register(self.connection.fileno(), select.POLLIN)
        return not sockets.poll(0) or super().is_usable()
