"""The service's Celery application with a task that does nothing: `celery -A` finds it here."""

from config.celery import app


@app.task(name="benchmark.nothing")  # type: ignore[untyped-decorator]  # celery has no types
def nothing(mail: int) -> None:
    """Do nothing."""
