"""Who may call the URLs of notes, the timeline, drafts and templates."""

from tests.security.rows.base import Bodies, Row

ROWS: list[Row] = []

BODIES: Bodies = {}
