"""Files of tickets: their bytes in a folder or bucket, their names and types, and uploads."""
