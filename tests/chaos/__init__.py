"""The whole system under a seeded program that breaks it, and the account of every mail.

`python -m tests.chaos` runs it, as `make chaos` does; docs/reliability.md says what it shows.
"""
