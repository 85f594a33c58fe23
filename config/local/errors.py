"""The error that ends a local run."""


class LocalError(Exception):
    """One sentence for the person at the terminal: what failed, and where its log is."""
