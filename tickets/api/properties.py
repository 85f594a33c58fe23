"""The properties of a ticket that operators change: priority, tags, attention and snooze."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
