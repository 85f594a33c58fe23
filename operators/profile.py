"""The operator's own profile."""

from typing import Any

from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_yasg.utils import swagger_auto_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from operators import services
from operators.authentication import current_operator
from operators.models import Notice
from operators.repeatable import RepeatableView
from operators.serializers import OperatorSerializer

MAX_SIGNATURE_CHARACTERS = 2000


class NoticesSerializer(serializers.Serializer[Any]):
    """Which mails an operator wants; all that are not switched off."""

    new_request = serializers.BooleanField(
        required=False, help_text="a new request, if NOTIFY_OPERATORS is set"
    )
    message = serializers.BooleanField(
        required=False, help_text="a further message in a request that the operator holds"
    )
    assigned = serializers.BooleanField(
        required=False, help_text="a request that somebody handed over to the operator"
    )
    mention = serializers.BooleanField(
        required=False, help_text="a note that names the operator, as in `@7`"
    )
    delivery = serializers.BooleanField(
        required=False, help_text="an answer that did not arrive, in a request that they hold"
    )

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := data.keys() - self.fields.keys()):
            problem = _("There is no such notice.")
            raise serializers.ValidationError({str(name): [problem] for name in unknown})
        return super().to_internal_value(data)

    def to_representation(self, notices: dict[str, bool]) -> dict[str, bool]:
        return {name.value: notices.get(name) is not False for name in Notice}


class ProfileSerializer(OperatorSerializer):
    operator_id = serializers.IntegerField(source="pk", read_only=True)
    signature = serializers.CharField(
        allow_blank=True,
        max_length=MAX_SIGNATURE_CHARACTERS,
        help_text="Stands in the mail of each answer below a line `-- `, not in the stored text.",
    )
    notices = NoticesSerializer(help_text="Those that are not named stay as they are.")

    class Meta(OperatorSerializer.Meta):
        fields = [*OperatorSerializer.Meta.fields, "language", "signature", "notices"]
        read_only_fields = ["is_active", "is_supervisor"]
        extra_kwargs = {
            "email": {
                "help_text": "Unique among the operators, and none of the desk's own addresses."
                " The address before is told by mail."
            },
            "language": {"help_text": "Of mails to the operator; empty for the desk's own."},
        }
        swagger_schema_fields = {
            "example": {
                "operator_name": "Мария",
                "email": "maria@desk.example",
                "language": "ru",
                "signature": "Мария, поддержка",
                "notices": {"message": False},
            }
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(
                _("Name what to change: operator_name, email, language, signature or notices.")
            )
        return attrs


class ProfileView(RepeatableView):
    """The profile of the operator who calls."""

    permission_classes = [IsAuthenticated]

    @swagger_auto_schema(responses={200: ProfileSerializer})
    def get(self, request: Request) -> Response:
        """Show the caller's own profile."""
        return Response(ProfileSerializer(current_operator(request)).data)

    @swagger_auto_schema(request_body=ProfileSerializer, responses={200: ProfileSerializer})
    def patch(self, request: Request) -> Response:
        """Change the caller's own name, address, language, signature and notices."""
        operator = current_operator(request)
        serializer = ProfileSerializer(operator, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = services.change_profile(
            operator_id=operator.pk, changes=serializer.validated_data
        )
        return Response(ProfileSerializer(changed).data)


urlpatterns = [path("ops/support_ops/me/", ProfileView.as_view(), name="profile")]
