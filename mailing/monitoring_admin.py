"""Heartbeats, gaps and outages in the Django admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailing.monitoring_models import Gap, Heartbeat, Outage
from tickets.admin_display import format_duration
from tickets.read_only_admin import AgeFilter, ReadOnlyAdmin, age_column


class IsOverFilter(admin.SimpleListFilter):
    """Filters rows by whether the column that their admin names as `end_field` is set."""

    title = _("over")
    parameter_name = "over"

    def __init__(self, request: HttpRequest, params: object, model: object, page: object) -> None:
        super().__init__(request, params, model, page)  # type: ignore[arg-type]  # passed through
        self.end_field: str = page.end_field  # type: ignore[attr-defined]  # the pages below

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("no", gettext("no")), ("yes", gettext("yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Gap]) -> QuerySet[Gap]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(**{f"{self.end_field}__isnull": self.value() == "no"})


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin[Heartbeat]):
    """When beat, the workers and the Apps Script were last seen."""

    list_display = ["name", "at", "age"]
    fields = ["name", "at"]

    age = age_column("at")


@admin.register(Gap)
class GapAdmin(ReadOnlyAdmin[Gap]):
    """Mail that the mailbox has and the inbox lacks, by its Gmail id."""

    age_field = "missing_since"
    end_field = "closed_at"
    list_display = ["external_id", "missing_since", "last_missed_at", "closed_at", "age"]
    list_filter = [IsOverFilter, AgeFilter]
    search_fields = ["external_id"]

    age = age_column("missing_since")


@admin.register(Outage)
class OutageAdmin(ReadOnlyAdmin[Outage]):
    """Present and past outages, and when the administrators were notified."""

    age_field = "began_at"
    end_field = "ended_at"
    list_display = ["id", "code", "reason", "began_at", "ended_at", "age", "lasted"]
    list_filter = [IsOverFilter, "code", AgeFilter]
    search_fields = ["=code", "reason"]
    fields = ["code", "reason", "began_at", "told_at", "ended_at", "end_told_at"]

    age = age_column("began_at")

    @admin.display(description=_("lasted"))
    def lasted(self, outage: Outage) -> str:
        return format_duration(outage.began_at, outage.ended_at or timezone.now(), units=2)
