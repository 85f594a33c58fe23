"""Messages, notes and history of a ticket in one list."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
