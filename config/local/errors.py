"""What stops a local run."""


class LocalError(Exception):
    """One sentence for the person at the terminal, naming what failed and where its log is."""
