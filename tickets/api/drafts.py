"""Unsent answers of operators."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
