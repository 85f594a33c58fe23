"""The base of the admin pages for tickets and mail, which show rows and change none."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from tickets.admin_display import format_age

Row = TypeVar("Row", bound=Model)


class AgeFilter(admin.SimpleListFilter):
    """Filters a list by the age of its rows, read from the `age_field` of its admin."""

    title = _("age")
    parameter_name = "age"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.age_field = model_admin.age_field

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("hour", _("under an hour")),
            ("day", _("under a day")),
            ("week", _("under a week")),
            ("older", _("a week and more")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        limits = {
            "hour": {f"{self.age_field}__gt": now - timedelta(hours=1)},
            "day": {f"{self.age_field}__gt": now - timedelta(days=1)},
            "week": {f"{self.age_field}__gt": now - timedelta(weeks=1)},
            "older": {f"{self.age_field}__lte": now - timedelta(weeks=1)},
        }
        return queryset.filter(**limits.get(self.value() or "", {}))


def age_column(field: str) -> Callable[[Any, Any], str]:
    """Return a method for `list_display` that shows the age of a row, and sorts by this field."""

    @admin.display(ordering=field, description=_("age"))
    def age(page: Any, row: Any) -> str:
        return format_age(getattr(row, field))

    return age


class ReadOnlyAdmin(admin.ModelAdmin[Row]):
    """An admin that adds, changes and deletes nothing, because only services may do that.

    state_field: a column with choices; a search also matches their translated names.
    age_field: the column that `AgeFilter` filters by.
    """

    state_field = ""
    age_field = ""
    # Counting the whole table as well would make a search slow.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "tickets/admin/read_only_form.html"

    class Media:
        css = {"all": ["tickets/admin.css"]}

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # The titles of both views are the model's name. Django's sentences ("Select … to view") do not
    # inflect it in Russian.
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        title = f"{capfirst(self.opts.verbose_name)} {unquote(object_id or '')}"
        titles = {"title": title, "subtitle": None, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, titles)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow query parameters to filter by the columns in `list_filter` only.

        A lookup such as `operator__password__startswith` would find out a hash letter by letter.
        """
        offered = {_parameter(filter_) for filter_ in self.list_filter}
        is_offered = lookup.partition("__")[0] in offered
        return is_offered and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        rows, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        states = _values_named(queryset.model, self.state_field, search_term)
        if states:
            rows = rows | queryset.filter(**{f"{self.state_field}__in": states})
        return rows, may_have_duplicates


def _parameter(list_filter: Any) -> str:
    if isinstance(list_filter, str):
        return list_filter
    if isinstance(list_filter, tuple):
        return str(list_filter[0])
    return str(list_filter.parameter_name)


def _values_named(model: type[Model], field: str, name: str) -> list[str]:
    """Return those values of a column with choices that equal this text, or whose label does."""
    if not field:
        return []
    wanted = name.strip("\"' ").casefold()
    column: Any = model._meta.get_field(field)
    return [value for value, label in column.choices if wanted in (value, str(label).casefold())]
