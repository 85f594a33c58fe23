"""Requesters, their tickets with messages, files and history, and the API over them."""
