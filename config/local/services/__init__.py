"""The embedded services of a local run: PostgreSQL, Valkey and a mail server."""
