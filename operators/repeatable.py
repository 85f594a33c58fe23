"""The base of the operators' views: a change under an `Idempotency-Key` happens once."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operators.authentication import current_operator
from operators.body_hash import HashedBody
from operators.exceptions import KeyOfAnotherRequest, TokenIsIssued
from operators.idempotency import find_answer, has_key, keep_answer, lock_key, read_key
from operators.models import IdempotencyKey


class RepeatableView(APIView):
    """A view whose POST, PUT, PATCH and DELETE can be repeated under an `Idempotency-Key`.

    The answer to the first request is stored in the transaction of its change. The same request
    gets it again for a day. An error leaves no trace, so that its cause can be mended and the
    request repeated.
    """

    # Such an answer is not stored, and its request cannot be repeated.
    answers_with_secret = False

    def check_path(self) -> None:
        """Raise `Http404` if the path names nothing, which comes before errors of headers."""

    def read_body(self, request: Request) -> None:
        """Read the body before the transaction begins: a client may send it slowly."""
        request._request.body  # noqa: B018 - Django keeps it

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the caller, then the path, and have the method run once for its key."""
        method = (request.method or "").lower()
        is_change = request.method not in SAFE_METHODS and hasattr(self, method)
        if is_change and has_key(request):
            self._body = HashedBody(request._request)
        super().initial(request, *args, **kwargs)
        if is_change and (has_key(request) or "If-Match" in request.headers):
            self.check_path()
        if is_change and has_key(request):
            # Exceptions of the method are REST framework's to answer, as without a key.
            setattr(self, method, partial(self._answer_once, getattr(self, method)))

    def _answer_once(
        self, run: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Return the answer that is kept for the request, or run it and keep its answer."""
        operator, key = current_operator(request), read_key(request)
        if answer := find_answer(operator=operator, key=key):
            return self._repeat(answer)
        self.read_body(request)
        request_hash = self._body.finish()
        with transaction.atomic():
            lock_key(operator=operator, key=key)
            # Another request may have been first, and have ended meanwhile.
            if answer := find_answer(operator=operator, key=key):
                return self._repeat(answer)
            response = run(request, *args, **kwargs)
            self.finalize_response(request, response, *args, **kwargs)
            response.render()
            content = "" if self.answers_with_secret else response.content.decode()
            keep_answer(
                IdempotencyKey(
                    operator=operator,
                    key=key,
                    request_hash=request_hash,
                    status=response.status_code,
                    content=content,
                    etag=response.get("ETag", ""),
                )
            )
        return response

    def _repeat(self, answer: IdempotencyKey) -> HttpResponse:
        """Return the first answer to the request once more.

        Raises `KeyOfAnotherRequest` and `TokenIsIssued`.
        """
        if answer.request_hash != self._body.finish():
            raise KeyOfAnotherRequest
        if self.answers_with_secret:
            raise TokenIsIssued
        response = HttpResponse(answer.content, "application/json", answer.status)
        if not answer.content:
            del response["Content-Type"]
        if answer.etag:
            response["ETag"] = answer.etag
        response["Idempotency-Replayed"] = "true"
        return response
