"""The URLs of django-helpdesk, which its notices link to."""

from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
