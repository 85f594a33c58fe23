"""Open a ticket for somebody, as after a call."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
