"""Mail that is poison to the process that reads it."""
