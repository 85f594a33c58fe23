"""Heartbeats, gaps in the mail that was received, and problems with the flow of mail."""
