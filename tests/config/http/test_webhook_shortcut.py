"""The webhook skips the middleware of pages, and is answered as before."""

import pytest
from django.urls import reverse
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from config.http.webhook_shortcut import PATH
from mailing.models import InboundEmail
from tests.mail import build_mail
from tests.webhook import WEBHOOK, post_mails, post_to_webhook, webhook_message

pytestmark = pytest.mark.django_db


def test_the_shortcut_is_for_the_webhooks_address() -> None:
    assert reverse("webhook") == PATH == WEBHOOK


def test_an_answer_of_the_webhook_has_the_headers_of_all_answers() -> None:
    answer = post_mails(build_mail())

    assert answer.status_code == 202
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert int(answer["Content-Length"]) == len(answer.content)
    assert len(answer["X-Request-ID"]) == 32


def test_a_call_for_an_unknown_host_stores_nothing(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["other.example"]

    answer = post_to_webhook([webhook_message("m1", build_mail())])

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert not InboundEmail.objects.exists()


def test_a_fault_of_the_view_is_500_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mailing.inbound.inbox.store", fail)

    answer = post_to_webhook(
        [webhook_message("m1", build_mail())], client=APIClient(raise_request_exception=False)
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "server_error")
