"""Commit without the disk, where a crash of PostgreSQL may take the last moments back."""

from django.db import connection


def commit_without_disk() -> None:
    """Let this transaction's commit not wait for the disk (PostgreSQL manual, section 28.4)."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
