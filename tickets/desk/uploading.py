"""Receive files with the forms of the composer, within the limits of one message."""

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from operators.authentication import current_operator
from tickets.desk.views import TicketsDeskView
from tickets.files.uploads import UploadLimit, add_uploads, check_limits, receive_uploads
from tickets.models import Attachment, Ticket

FIELD = "upload"


class UploadingView(TicketsDeskView):
    """A view of the desk whose forms may have files in them."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Have the files read no further than the limits; the check of the token reads them."""
        self.limit = UploadLimit(request)
        request.upload_handlers = [self.limit, TemporaryFileUploadHandler(request)]
        return super().dispatch(request, *args, **kwargs)

    def receive(self, request: Request, ticket: Ticket) -> list[Attachment]:
        """Keep the form's files for an answer in the ticket; raises `FilesTooLarge`.

        Call it outside of transactions: storing files takes time.
        """
        uploaded = request.FILES.getlist(FIELD)  # reads the form, and counts
        check_limits(file_count=self.limit.file_count, byte_count=self.limit.byte_count)
        if not uploaded:
            return []
        received = receive_uploads(uploaded)
        return add_uploads(ticket=ticket, by=current_operator(request), files=received)
