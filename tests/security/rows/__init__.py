"""Who may call which URL: a table for each part of the API."""

from tests.security.rows import lists, mail, messages, moves, notes, pages, people, profile

PARTS = (pages, lists, messages, moves, notes, people, profile, mail)
TABLE = [row for part in PARTS for row in part.ROWS]
BODIES = {name: body for part in PARTS for name, body in part.BODIES.items()}
