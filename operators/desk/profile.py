"""The operator's own profile: name, address, language, signature, notices, password, tokens."""

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from operators.desk.views import DeskView


class ProfileView(DeskView):
    """The page of the own profile."""

    def get(self, request: Request) -> HttpResponse:
        """Show the profile."""
        return self.page("desk/profile.html")


urlpatterns = [path("desk/profile/", ProfileView.as_view(), name="desk-profile")]
