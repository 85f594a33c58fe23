"""Whether the service lives, and whether it is ready, with the reason when it is not."""

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from mailing import pause


@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200, or 503 with what is wrong."""
    problems = _problems()
    status = "unavailable" if problems else "ok"
    return JsonResponse({"status": status, "problems": problems}, status=503 if problems else 200)


def _problems() -> list[str]:
    problems = []
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            problems.append("The database lacks migrations: run manage.py migrate.")
        elif (paused := pause.current()) is not None:
            problems.append(
                f"Mail does not go out since {paused.since.isoformat()}: {paused.reason}"
            )
    except Error as error:
        problems.append(f"The database does not answer ({type(error).__name__}).")
    try:
        broker = redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_timeout=1, socket_connect_timeout=1
        )
        with broker:
            broker.ping()
    except redis.RedisError as error:
        problems.append(f"Redis does not answer ({type(error).__name__}).")
    return problems
