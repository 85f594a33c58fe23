"""URLs of the operators' API."""

from django.urls import path

from operators import profile, views

urlpatterns = [
    path("ops/support_ops/", views.OperatorListView.as_view(), name="operators"),
    *profile.urlpatterns,
    path("ops/support_ops/<int:operator_id>/", views.OperatorView.as_view(), name="operator"),
    path(
        "ops/support_ops/<int:operator_id>/tokens/",
        views.TokenListView.as_view(),
        name="operator-tokens",
    ),
    path(
        "ops/support_ops/<int:operator_id>/tokens/<uuid:token_id>/",
        views.TokenView.as_view(),
        name="operator-token",
    ),
]
