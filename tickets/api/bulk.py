"""One action for many tickets."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
