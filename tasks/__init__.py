"""The only Celery code: tasks, what wakes them, and their schedule."""
