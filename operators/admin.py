"""Operators in the Django admin; rights change through the same service as in the API."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponseRedirect

from operators import services
from operators.exceptions import LastSupervisor
from operators.models import Operator

admin.site.unregister(Group)  # rights here do not come from groups


@admin.register(Operator)
class OperatorAdmin(admin.ModelAdmin[Operator]):
    """Add operators, change their name and rights, and deactivate them."""

    list_display = ["id", "name", "email", "is_active", "is_supervisor", "created_at"]
    list_filter = ["is_active", "is_supervisor"]
    search_fields = ["=id", "name", "email"]
    fields = ["id", "name", "email", "is_active", "is_supervisor"]

    def get_readonly_fields(self, request: HttpRequest, obj: Operator | None = None) -> list[str]:
        # An address that is set already is changed by the API.
        return ["id", "email"] if obj else ["is_active"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # A lookup such as `password__startswith` would find out a hash letter by letter.
        is_shown = lookup.partition("__")[0] in self.list_display
        return is_shown and super().lookup_allowed(lookup, value, request)

    def has_delete_permission(self, request: HttpRequest, obj: Operator | None = None) -> bool:
        return False  # the history names them; they are deactivated instead

    def save_model(self, request: HttpRequest, obj: Operator, form: Any, change: bool) -> None:
        if not change:
            services.add_operator(
                operator_id=obj.pk, name=obj.name, email=obj.email, is_supervisor=obj.is_supervisor
            )
            return
        services.change_operator(
            operator_id=obj.pk,
            changes={field: form.cleaned_data[field] for field in form.changed_data},
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except LastSupervisor as error:
            messages.error(request, str(error.detail))
            return HttpResponseRedirect(request.path)
