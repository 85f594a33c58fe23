"""The operator's own page: profile, password, API tokens, and signing out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from operators import services
from operators.authentication import PASSWORD_FAILURES, current_operator, raise_if_guessing
from operators.desk.views import DeskView, read_form
from operators.models import Notice, OperatorToken
from operators.profile import MAX_SIGNATURE_CHARACTERS, ProfileSerializer

MOST_TOKENS = 200  # that the page shows
_TEXTS = ("operator_name", "email", "language", "signature")
_NOTICES: dict[Notice, str | Promise] = {
    Notice.MESSAGE: gettext_lazy("A further message in a request of mine"),
    Notice.ASSIGNED: gettext_lazy("A request that somebody hands over to me"),
    Notice.MENTION: gettext_lazy("A note that mentions me"),
    Notice.DELIVERY: gettext_lazy("An answer in a request of mine that did not arrive"),
    Notice.NEW_REQUEST: gettext_lazy("Each new request"),
}


class ProfilePage(DeskView):
    """What all forms of the profile come back to, and what their addresses show."""

    def get(self, request: Request) -> HttpResponse:
        """Show the page."""
        return self.show()

    def show(self, *, status: int = 200, **changed: Any) -> HttpResponse:
        """Return the page, with what a form has to say.

        changed: `profile` and `errors` of the profile's form, `password_form`, `issued`.
        """
        operator = current_operator(self.request)
        profile = changed.pop("profile", None) or ProfileSerializer(operator).data
        tokens = OperatorToken.objects.filter(user=operator).order_by("-created")
        context = {
            "profile": profile,
            "notices": _notices(profile["notices"]),
            "languages": settings.LANGUAGES,
            "most_signature_characters": MAX_SIGNATURE_CHARACTERS,
            "tokens": tokens[:MOST_TOKENS],
            **changed,
        }
        return self.page("desk/profile.html", context, status=status)


class ProfileView(ProfilePage):
    """The page itself, and the form of name, address, language, signature and notices."""

    def post(self, request: Request) -> HttpResponse:
        """Change the profile; the next page is in the language that was chosen."""
        operator, given = current_operator(request), _given_profile(read_form(request))
        serializer = ProfileSerializer(operator, data=given, partial=True)
        if not serializer.is_valid():
            return self.show(profile=given, errors=serializer.errors, status=400)
        try:
            changed = services.change_profile(
                operator_id=operator.pk, changes=serializer.validated_data
            )
        except ValidationError as error:
            return self.show(profile=given, errors=error.detail, status=400)
        language = changed.language or _language_of_browser(request._request)
        with translation.override(language):
            return self.redirect(reverse("desk-profile"), said=_("Your profile is saved."))


@method_decorator(
    sensitive_post_parameters("old_password", "new_password1", "new_password2"), name="dispatch"
)
class PasswordView(ProfilePage):
    """The form of another password."""

    def post(self, request: Request) -> HttpResponse:
        """Change the password: this session goes on, all others end.

        Whoever sits at somebody's open desk may guess the old password as seldom as at the sign-in.
        """
        operator = current_operator(request)
        source = raise_if_guessing(request._request, str(operator.pk))
        given = request._request.POST
        form = PasswordChangeForm(operator, given)
        if not form.is_valid():
            if "old_password" in form.errors and given.get("old_password"):
                PASSWORD_FAILURES.add(source)
            return self.show(password_form=form, status=400)
        services.change_password(operator=operator, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(request._request, operator)
        return self.redirect(reverse("desk-profile"), said=_("Your password is changed."))


class TokensView(ProfilePage):
    """The button that issues an API token."""

    def post(self, request: Request) -> HttpResponse:
        """Issue a token, and show its text in this answer and nowhere else."""
        row, text = services.issue_token(operator=current_operator(request))
        answer = self.show(issued={"row": row, "text": text}, status=201)
        patch_cache_control(answer, no_store=True)
        return answer


class TokenView(DeskView):
    """The button that revokes an API token."""

    def post(self, request: Request, token_id: UUID) -> HttpResponse:
        """Revoke one of the own tokens at once."""
        services.revoke_token(operator_id=current_operator(request).pk, token_id=token_id)
        return self.redirect(reverse("desk-profile"), said=_("The token is revoked."))


def _given_profile(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the form as the API takes them; a browser sends no unchecked box."""
    given: dict[str, Any] = {name: data.get(name, "") for name in _TEXTS}
    given["notices"] = {notice.value: f"notices.{notice}" in data for notice in Notice}
    return given


def _notices(wanted: Mapping[str, bool]) -> list[dict[str, Any]]:
    """Return the boxes of the notices."""
    return [
        {"name": notice.value, "label": label, "is_wanted": wanted[notice]}
        for notice, label in _NOTICES.items()
    ]


def _language_of_browser(request: HttpRequest) -> str:
    return translation.get_language_from_request(request)


urlpatterns = [
    path("desk/profile/", ProfileView.as_view(), name="desk-profile"),
    path("desk/profile/password/", PasswordView.as_view(), name="desk-password"),
    path("desk/profile/tokens/", TokensView.as_view(), name="desk-tokens"),
    path(
        "desk/profile/tokens/<uuid:token_id>/revoke/",
        TokenView.as_view(),
        name="desk-token-revoke",
    ),
]
