"""Who may call the URLs of participants, merges and requesters."""

from tests.security.rows.base import Bodies, Row

ROWS: list[Row] = []

BODIES: Bodies = {}
