"""Assign a ticket and reopen it."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
