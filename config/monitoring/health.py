"""Whether the service lives, and whether mail flows, with the reasons when it does not."""

from collections.abc import Iterator

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from mailing.monitoring.problems import Problem, find_mail_problems


@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200, or 503 with what is wrong."""
    found = [problem.sentence for problem in find_problems()]
    status = "unavailable" if found else "ok"
    return JsonResponse({"status": status, "problems": found}, status=503 if found else 200)


def find_problems() -> list[Problem]:
    """Return everything that keeps mail from flowing; never raises."""
    return [*_of_the_database(), *_of_redis()]


def _of_the_database() -> Iterator[Problem]:
    if not connection.in_atomic_block:
        connection.close()  # a new one has a time limit; one whose server fell silent has none
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            yield Problem("migrations", "The database lacks migrations: run manage.py migrate.")
        else:
            yield from find_mail_problems()
    except Error as error:
        yield Problem("database", f"The database does not answer ({type(error).__name__}).")


def _of_redis() -> Iterator[Problem]:
    try:
        broker = redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_timeout=1, socket_connect_timeout=1
        )
        with broker:
            broker.ping()
    except redis.RedisError as error:
        yield Problem("redis", f"Redis does not answer ({type(error).__name__}).")
