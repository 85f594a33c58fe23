"""Blocked addresses, for supervisors."""

from typing import Any

from django.db.models import F
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from mailing.api.views import SUPERVISOR
from mailing.inbound import blocks
from mailing.models import MAIL_KIND_CHOICES, Block
from operators.authentication import current_operator
from operators.mailboxes import mailbox, readable_address
from operators.repeatable import RepeatableView

_EXAMPLE = {"address": "@spam.example"}


class PatternSerializer(serializers.Serializer[Block]):
    """An address, or "@" and a domain."""

    address = serializers.CharField(max_length=320)

    class Meta:
        swagger_schema_fields = {"example": _EXAMPLE}

    def validate_address(self, value: str) -> str:
        """Reject what is neither an address nor "@" and a domain."""
        # With any local part a domain becomes an address.
        of_somebody = f"a{value}" if value.startswith("@") else value
        has_one_at = of_somebody.count("@") == 1 and bool(mailbox(of_somebody))
        if not has_one_at or any(character.isspace() for character in value):
            raise serializers.ValidationError(_("Must be an address, or “@” and a domain."))
        return value


class BlockSerializer(serializers.ModelSerializer[Block]):
    """An address or a domain whose mail is ignored."""

    address = serializers.SerializerMethodField()
    created_by = serializers.IntegerField(source="created_by_id", read_only=True)
    date_create = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Block
        fields = ["id", "address", "created_by", "date_create"]
        swagger_schema_fields = {
            "example": {
                "id": 3,
                **_EXAMPLE,
                "created_by": 1,
                "date_create": "2026-11-23T09:00:00.000000Z",
            }
        }

    def get_address(self, block: Block) -> str:
        """The address, or "@" and the domain."""
        return readable_address(block.pattern)


class HitSerializer(serializers.Serializer[Any]):
    """A sender of mail of one kind, and how many mails."""

    address = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(MAIL_KIND_CHOICES, allow_blank=True)
    mails = serializers.IntegerField()

    def get_address(self, hit: blocks.Hit) -> str:
        """The sender's address."""
        return readable_address(hit["address"])


class PreviewSerializer(serializers.Serializer[None]):
    """Whom a block would have hit."""

    results = HitSerializer(many=True)

    class Meta:
        swagger_schema_fields = {
            "example": {"results": [{"address": "anna@spam.example", "kind": "person", "mails": 2}]}
        }


class BlockListView(RepeatableView, generics.ListAPIView[Block]):
    """List the blocked addresses and domains."""

    permission_classes = SUPERVISOR
    serializer_class = BlockSerializer
    queryset = Block.objects.all()
    keyset_fields = {"id": F("pk")}

    @swagger_auto_schema(
        operation_id="mail_blocks_add",
        request_body=PatternSerializer,
        responses={201: BlockSerializer, 409: "it is blocked already"},
    )
    def post(self, request: Request) -> Response:
        """Block an address, or "@" and a domain without those below it.

        Its mail is stored and ignored with the reason "blocked by …", also mail to open requests
        and that of participants. Such a mail can be accepted like any other ignored one.
        """
        serializer = PatternSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        block = blocks.block(by=current_operator(request), **serializer.validated_data)
        return Response(BlockSerializer(block).data, status=status.HTTP_201_CREATED)


class BlockView(RepeatableView):
    """Unblock an address or a domain."""

    permission_classes = SUPERVISOR

    @swagger_auto_schema(operation_id="mail_blocks_remove", responses={204: ""})
    def delete(self, request: Request, block_id: int) -> Response:
        """Unblock an address or a domain; mail that was ignored stays so until it is replayed."""
        get_object_or_404(Block, pk=block_id).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class PreviewView(RepeatableView):
    """Show whom a block would hit."""

    permission_classes = SUPERVISOR

    @swagger_auto_schema(
        operation_id="mail_blocks_preview",
        request_body=PatternSerializer,
        responses={200: PreviewSerializer},
    )
    def post(self, request: Request) -> Response:
        """Show whose mail of the last 90 days a block would have hit; it changes nothing.

        People come first, then who wrote most; at most 1,000.
        """
        serializer = PatternSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        hits = blocks.preview(serializer.validated_data["address"])
        return Response({"results": HitSerializer(hits, many=True).data})


urlpatterns = [
    path("mail/blocks/", BlockListView.as_view(), name="blocks"),
    path("mail/blocks/<int:block_id>/", BlockView.as_view(), name="block"),
    path("mail/blocks/preview/", PreviewView.as_view(), name="blocks-preview"),
]
