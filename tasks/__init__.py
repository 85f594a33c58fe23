"""All Celery tasks, what publishes them, and beat's schedule."""
