"""Notes of operators in a ticket."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
