"""The app `tasks`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("Tasks")

    def ready(self) -> None:
        from tasks import (  # noqa: F401 - registers the tasks and connects the receivers
            inbound,
            liveness_file,
            memory_limit,
            outbound,
            preloading,
            wiring,
        )
