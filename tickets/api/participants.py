"""The people in copy of a ticket."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
