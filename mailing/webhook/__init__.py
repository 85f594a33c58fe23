"""The signed webhook that the Apps Script calls."""
