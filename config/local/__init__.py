"""Run every part of ServiceDesk on one machine: `python -m config.local run` or `demo`.

Nothing here runs in production. The services can be started one by one, or together with the
processes of ServiceDesk by a supervisor, so that tests start what they need.
"""
