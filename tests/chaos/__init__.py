"""Break every part of the system while mail flows, then check that no mail was lost.

`python -m tests.chaos` runs it, as `make chaos` does; docs/reliability.md says what it shows.
"""
