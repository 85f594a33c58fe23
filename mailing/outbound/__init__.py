"""Outgoing mail on its way from a change of a ticket to the mail server."""
