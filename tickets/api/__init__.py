"""The HTTP API of tickets, their messages and files."""
