"""The client in docs/api.md, on a service that loses every second answer."""

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from mailing.models import OutboundEmail
from operators import services as operator_services
from operators.models import Operator
from tests.inbox import process_inbox, store_mail
from tests.paths import ROOT
from tickets.models import Message, Ticket

pytestmark = pytest.mark.slow


def documented_client() -> Any:
    """Return the function in the one block of Python in the document."""
    text = (ROOT / "docs" / "api.md").read_text()
    (block,) = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102 - our own document
    return names["send_answer"]


@contextmanager
def losing_every_second_answer(url: str) -> Iterator[tuple[str, list[int]]]:
    """Yield the address of a proxy, and the statuses of the answers, of which it drops the odd."""
    statuses: list[int] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
            server.request("POST", self.path, body, dict(self.headers))
            answer = server.getresponse()
            content = answer.read()
            server.close()
            statuses.append(answer.status)
            self.close_connection = True
            if len(statuses) % 2:
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Print nothing."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}", statuses
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()


@pytest.mark.django_db(transaction=True)
def test_it_shows_what_it_missed_and_sends_one_answer(
    live_server: LiveServer, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    store_mail("ivan@example.com")
    process_inbox()
    ticket = Ticket.objects.get()
    store_mail("ivan@example.com", external_id="another")
    process_inbox()
    _row, token = operator_services.issue_token(operator=operator)
    answer = {
        "title": "Re", "description": "Is it on?", "recipient_mail": "ivan@example.com",
        "operator_id": operator.pk,
    }  # fmt: skip

    with losing_every_second_answer(live_server.url) as (url, statuses):
        path = f"/mgs/requests/{ticket.pk}/mgs/create"
        sent = documented_client()(url + path, token, answer, ticket.version)

    assert statuses == [412, 412, 201, 201]
    assert capsys.readouterr().out.splitlines()[-1] == "Meanwhile: requester_wrote"
    message = Message.objects.get(sender_type="operator")
    assert (sent["id"], sent["text"]) == (message.pk, "Is it on?")
    assert OutboundEmail.objects.filter(kind="reply").count() == 1
