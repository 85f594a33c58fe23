"""The `support_ops` API."""

from uuid import UUID

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from operators import services
from operators.authentication import current_operator
from operators.models import Operator, OperatorToken
from operators.permissions import IsSupervisor, IsSupervisorOrReadOnly
from operators.repeatable import RepeatableView
from operators.serializers import (
    IssuedTokenSerializer,
    OperatorChangeSerializer,
    OperatorSerializer,
    TokenSerializer,
)


class OperatorListView(RepeatableView, generics.ListAPIView[Operator]):
    """List the operators; supervisors add operators."""

    permission_classes = [IsAuthenticated, IsSupervisorOrReadOnly]
    serializer_class = OperatorSerializer
    queryset = Operator.objects.all()
    keyset_fields = {"operator_id": F("pk")}

    @swagger_auto_schema(request_body=OperatorSerializer, responses={201: OperatorSerializer})
    def post(self, request: Request) -> Response:
        """Add an operator under an id of your choice; it can act once it has a token."""
        serializer = OperatorSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = dict(serializer.validated_data)
        operator = services.add_operator(operator_id=fields.pop("pk"), **fields)
        return Response(OperatorSerializer(operator).data, status=status.HTTP_201_CREATED)


class OperatorView(RepeatableView):
    """Show an operator; supervisors rename, promote and deactivate operators."""

    permission_classes = [IsAuthenticated, IsSupervisorOrReadOnly]

    @swagger_auto_schema(responses={200: OperatorSerializer})
    def get(self, request: Request, operator_id: int) -> Response:
        """Show one operator."""
        return Response(OperatorSerializer(get_object_or_404(Operator, pk=operator_id)).data)

    @swagger_auto_schema(
        request_body=OperatorChangeSerializer,
        responses={200: OperatorSerializer, 409: "no active supervisor would be left"},
    )
    def patch(self, request: Request, operator_id: int) -> Response:
        """Change name, address, activity or rights; deactivating revokes every token."""
        operator = get_object_or_404(Operator, pk=operator_id)
        serializer = OperatorChangeSerializer(operator, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = services.change_operator(
            operator_id=operator_id, changes=serializer.validated_data
        )
        return Response(OperatorSerializer(changed).data)


class TokenListView(RepeatableView, generics.ListAPIView[OperatorToken]):
    """An operator's API tokens, for supervisors."""

    permission_classes = [IsAuthenticated, IsSupervisor]
    serializer_class = TokenSerializer
    keyset_fields = {"date_create": F("created")}
    keyset_key = "token_id"  # the primary key is the token's hash, which must not be in links
    queryset = OperatorToken.objects.none()
    answers_with_secret = True

    def get_queryset(self):  # type: ignore[no-untyped-def]  # the parent's
        operator = get_object_or_404(Operator, pk=self.kwargs["operator_id"])
        return OperatorToken.objects.filter(user=operator)

    @swagger_auto_schema(
        request_body=no_body,
        responses={201: IssuedTokenSerializer, 409: "the operator is deactivated"},
    )
    def post(self, request: Request, operator_id: int) -> Response:
        """Issue a token. Its text is in this answer and nowhere else."""
        return _issue_token(get_object_or_404(Operator, pk=operator_id))


class TokenView(RepeatableView):
    """A single API token of an operator, for supervisors."""

    permission_classes = [IsAuthenticated, IsSupervisor]

    @swagger_auto_schema(responses={204: "revoked"})
    def delete(self, request: Request, operator_id: int, token_id: UUID) -> Response:
        """Revoke a token at once."""
        services.revoke_token(operator_id=operator_id, token_id=token_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class OwnTokenListView(RepeatableView, generics.ListAPIView[OperatorToken]):
    """The API tokens of the operator who calls."""

    permission_classes = [IsAuthenticated]
    serializer_class = TokenSerializer
    keyset_fields = {"date_create": F("created")}
    keyset_key = "token_id"
    queryset = OperatorToken.objects.none()
    answers_with_secret = True

    def get_queryset(self) -> QuerySet[OperatorToken]:
        """Return the caller's own tokens."""
        tokens: QuerySet[OperatorToken] = OperatorToken.objects.filter(
            user=current_operator(self.request)
        )
        return tokens

    @swagger_auto_schema(request_body=no_body, responses={201: IssuedTokenSerializer})
    def post(self, request: Request) -> Response:
        """Issue a token for yourself. Its text is in this answer and nowhere else."""
        return _issue_token(current_operator(request))


class OwnTokenView(RepeatableView):
    """A single API token of the operator who calls."""

    permission_classes = [IsAuthenticated]

    @swagger_auto_schema(responses={204: "revoked"})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke a token of yours at once, also the one that you call with."""
        services.revoke_token(operator_id=current_operator(request).pk, token_id=token_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _issue_token(operator: Operator) -> Response:
    """Answer with a new token and its text."""
    row, text = services.issue_token(operator=operator)
    row.token = text
    return Response(IssuedTokenSerializer(row).data, status=status.HTTP_201_CREATED)
