"""Operators, their tokens and passwords, and what they may do."""
