"""Classify a parsed mail as a person's or a machine's, by a table of rules."""
