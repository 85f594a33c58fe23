"""Sign in to the desk by id or address and password, and out again."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View
from rest_framework.authentication import CSRFCheck
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny

from operators import services
from operators.authentication import current_operator, raise_if_guessing
from operators.desk.kept_form import KeptForm, is_from_here, shown_fields
from operators.desk.views import DeskView, is_of_desk, signed_in


class SignInForm(forms.Form):
    """Who wants to sign in."""

    username = forms.CharField(label=gettext_lazy("Id or address"), max_length=254)
    password = forms.CharField(label=gettext_lazy("Password"), max_length=1000, strip=False)


@method_decorator(
    [never_cache, csrf_exempt, sensitive_post_parameters("password")], name="dispatch"
)
class SignInView(View):
    """The sign-in page."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form, or the desk to whom is signed in already."""
        if signed_in(request):
            return redirect(self._page_after())
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign in, and go to the page that was asked for, or to the form that was kept.

        A form whose CSRF token is wrong is shown again with what was typed. Django's own check
        would lose it, and a form that was kept in it.
        """
        if _has_wrong_token(request):
            problem = _(
                "The page had expired, or your browser keeps no cookies. Enter your password again."
            )
            return self._show(problem, status=403)
        form = SignInForm(request.POST)
        if not form.is_valid():
            return self._show(_("Enter your id or address, and your password."), status=400)
        given = form.cleaned_data
        try:
            raise_if_guessing(request, given["username"])
        except Throttled as error:
            return self._show(str(error.detail), status=429)
        operator = authenticate(request, **given)
        if operator is None:
            problem = _("No active operator has this id or address and this password.")
            return self._show(problem, status=403)
        login(request, operator)
        kept = KeptForm(request.POST)
        if kept.is_valid():
            fields = shown_fields(kept.cleaned_data["kept_fields"])
            context = {"path": kept.cleaned_data["kept_path"], "fields": fields}
            return render(request, "desk/kept_form.html", context)
        return redirect(self._page_after())

    def _page_after(self) -> str:
        asked: str = self.request.POST.get("next") or self.request.GET.get("next", "")
        return asked if is_of_desk(self.request, asked) else reverse("desk")

    def _show(self, problem: str = "", *, status: int = 200) -> HttpResponse:
        given = self.request.POST
        context: dict[str, Any] = {
            "problem": problem,
            "username": given.get("username", ""),
            "next": given.get("next") or self.request.GET.get("next", ""),
        }
        if "kept_fields" in given and is_from_here(self.request):
            context["kept"] = {name: given.get(name, "") for name in ("kept_path", "kept_fields")}
        return render(self.request, "desk/sign_in.html", context, status=status)


def _has_wrong_token(request: HttpRequest) -> bool:
    """Return whether a form lacks the CSRF token of its browser."""

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()  # not the view itself, which is exempt

    check = CSRFCheck(view)
    check.process_request(request)
    return check.process_view(request, view, (), {}) is not None


class SignOutView(DeskView):
    """Sign out, here or everywhere; whoever is signed out already needs not sign in for that."""

    permission_classes = [AllowAny]

    def post(self, request: Any) -> HttpResponse:
        """End this session, or with `everywhere` all of the operator's."""
        if request.data.get("everywhere") and signed_in(request):
            services.sign_out_everywhere(operator_id=current_operator(request).pk)
        logout(request._request)
        return self.redirect(reverse("desk-sign-in"))


urlpatterns = [
    path("desk/sign-in/", SignInView.as_view(), name="desk-sign-in"),
    path("desk/sign-out/", SignOutView.as_view(), name="desk-sign-out"),
]
