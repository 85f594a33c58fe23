"""Incoming mail on its way from the webhook into a ticket."""
