"""Content negotiation for views whose answer is a file or a page."""

from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView


class AnyAcceptView(APIView):
    """A view that ignores `Accept`; renderers are used for its errors only."""

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """Choose a renderer for errors, without refusing any `Accept`."""
        return super().perform_content_negotiation(request, force=True)
