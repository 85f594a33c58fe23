"""Requesters and their tickets."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
