"""Run every part of ServiceDesk on one machine: `python -m config.local run` or `demo`.

Nothing here runs in production. The parts can be started one by one (`postgres`, `valkey`,
`mailbox`), or together (`supervisor`), so that tests start what they need.
"""
