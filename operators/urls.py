"""URLs of the operators' API and pages."""

from django.urls import path

from operators import profile, views
from operators.desk import profile as desk_profile
from operators.desk import sign_in

urlpatterns = [
    *sign_in.urlpatterns,
    *desk_profile.urlpatterns,
    path("ops/support_ops/", views.OperatorListView.as_view(), name="operators"),
    *profile.urlpatterns,
    path("ops/support_ops/me/tokens/", views.OwnTokenListView.as_view(), name="own-tokens"),
    path(
        "ops/support_ops/me/tokens/<uuid:token_id>/",
        views.OwnTokenView.as_view(),
        name="own-token",
    ),
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
