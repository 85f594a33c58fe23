"""The operator's own profile."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
