"""Keep a form that was sent after the session had ended, until its sender is signed in again."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

# What would be an old form's, and what no page may show.
_LEFT_OUT = {"csrfmiddlewaretoken", "username", "old_password", "new_password1", "new_password2"}
# Of the longest answer as JSON, which writes quotes and ends of lines with two characters each.
_MOST_CHARACTERS = 500_000


class KeptForm(forms.Form):
    """A form that was sent: its path, and its fields as JSON, a list of values by each name."""

    kept_path = forms.CharField(max_length=500)
    kept_fields = forms.CharField(max_length=_MOST_CHARACTERS, strip=False)

    def clean_kept_path(self) -> str:
        """Accept paths of the desk alone."""
        path: str = self.cleaned_data["kept_path"]
        if not is_desk_path(path) or "//" in path or "\\" in path:
            raise forms.ValidationError("")
        return path

    def clean_kept_fields(self) -> dict[str, list[str]]:
        """Return the fields."""
        try:
            fields = json.loads(self.cleaned_data["kept_fields"])
            return {str(name): [str(value) for value in values] for name, values in fields.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise forms.ValidationError("") from error


def keep_form(request: HttpRequest, *, is_signed_in: bool) -> HttpResponse:
    """Return a page that has what was sent in it, so that nothing typed is lost.

    It is the sign-in page, or for who is signed in the form to send once more. A form from another
    site is not kept: it would be sent in the operator's name.

    is_signed_in: REST framework forgets the user of a request that it refuses.
    """
    if not is_from_here(request):
        return _refuse(request, is_signed_in=is_signed_in)
    fields = {name: values for name, values in request.POST.lists() if name not in _LEFT_OUT}
    if is_signed_in:
        context = {"path": request.get_full_path(), "fields": shown_fields(fields)}
        return render(request, "desk/kept_form.html", context, status=403)
    kept = {
        "kept_path": request.get_full_path(),
        "kept_fields": json.dumps(fields, ensure_ascii=False),
    }
    return render(request, "desk/sign_in.html", {"kept": kept}, status=401)


def _refuse(request: HttpRequest, *, is_signed_in: bool) -> HttpResponse:
    if not is_signed_in:
        return render(request, "desk/sign_in.html", status=401)
    message = _("This form did not come from a page of the desk; nothing was done.")
    problem = {"status": 403, "message": message, "fields": {}}
    return render(request, "desk/error.html", {"problem": problem}, status=403)


def shown_fields(fields: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return the fields for a form that sends them again; long texts are shown."""
    return [
        {"name": name, "value": value, "is_text": name in ("text", "description", "note")}
        for name, values in fields.items()
        for value in values
    ]


def is_desk_path(path: str) -> bool:
    """Return whether a path, with a query or without, stays in the desk: browsers resolve ".."."""
    before_query = path.partition("?")[0]
    return before_query.startswith("/desk/") and ".." not in unquote(before_query)


def is_from_here(request: HttpRequest) -> bool:
    """Return whether a page of this desk sent a form (RFC 6454, 7; RFC 9110, 10.1.3)."""
    source = request.headers.get("Origin") or request.headers.get("Referer", "")
    return urlsplit(source).netloc == request.get_host()
