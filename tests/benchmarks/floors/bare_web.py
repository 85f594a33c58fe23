"""The floor of the webhook: a bare Django view that checks the HMAC, reads the JSON and inserts.

It is run by gunicorn from this folder, without `gunicorn.conf.py` and in the same configuration
otherwise as the service; the table is made by `rows/webhook.py`.
"""

import base64
import hashlib
import hmac
import json
import os

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

KEY = base64.b64decode(os.environ["WEBHOOK_SECRETS"].removeprefix("whsec_"))


def receive(request: HttpRequest) -> HttpResponse:
    """Store the mails of a signed call by one INSERT."""
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
    digest = hmac.new(KEY, signed + request.body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    if not hmac.compare_digest(expected, request.headers["webhook-signature"]):
        return HttpResponse(status=401)
    messages = json.loads(request.body)["messages"]
    values: list[str | bytes] = []
    for message in messages:
        values += [message["id"], base64.urlsafe_b64decode(message["raw"])]
    rows = ", ".join(["(%s, %s)"] * len(messages))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO bare_mail (name, raw) VALUES {rows}", values)
    results = [{"id": message["id"], "status": "accepted"} for message in messages]
    response = JsonResponse({"results": results}, status=202)
    response["Content-Length"] = str(len(response.content))
    return response


urlpatterns = [path("requests/webhook/email/", receive)]
application = get_wsgi_application()
