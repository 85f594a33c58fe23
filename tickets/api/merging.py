"""Merge a ticket into another one, and undo it."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
