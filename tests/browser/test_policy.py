"""The pages work under their content security policies without a violation."""

from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from operators.models import Operator
from tests.factories import (
    InboundEmailFactory,
    OperatorFactory,
    OutboundEmailFactory,
    TicketFactory,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def violations(page: Page) -> list[str]:
    violations: list[str] = []
    page.on(
        "console",
        lambda message: (
            violations.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    return violations


def sign_in(page: Page, live_server: LiveServer, operator: Operator) -> None:
    client = Client()
    client.force_login(operator)
    page.context.add_cookies(
        [
            {
                "name": "sessionid",
                "value": client.cookies["sessionid"].value,
                "domain": urlsplit(live_server.url).hostname or "",
                "path": "/",
            }
        ]
    )


def test_an_inline_script_is_a_violation(
    page: Page, live_server: LiveServer, violations: list[str]
) -> None:
    page.goto(live_server.url)

    page.evaluate(
        "document.body.appendChild(document.createElement('script')).textContent = 'window.in = 1'"
    )

    assert page.evaluate("window.in") is None
    assert len(violations) == 1


def test_every_page_of_the_admin_keeps_to_its_policy(
    page: Page, live_server: LiveServer, violations: list[str]
) -> None:
    boss = OperatorFactory.create(is_supervisor=True)
    sign_in(page, live_server, boss)
    mail = OutboundEmailFactory.create()
    paths = ["/", "/docs/", "/admin/", "/admin/password_change/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths.append(reverse(f"{name}_changelist"))
        if model._meta.app_label in {"django_celery_beat", "operators"}:
            paths.append(reverse(f"{name}_add"))
    rows: list[Model] = [boss, mail, TicketFactory.create(), InboundEmailFactory.create()]
    for row in rows:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        paths.append(reverse(f"{name}_change", args=[row.pk]))

    violations_of = {}
    for path in paths:
        answer = page.goto(f"{live_server.url}{path}")
        assert answer is not None
        assert answer.status == 200, path
        violations_of[path] = list(violations)
        violations.clear()

    # django-celery-beat's form has an inline script, which only explains crontabs.
    assert len(violations_of.pop(reverse("admin:django_celery_beat_periodictask_add"))) == 1
    assert {path: texts for path, texts in violations_of.items() if texts} == {}


def test_the_admins_scripts_run(page: Page, live_server: LiveServer) -> None:
    """Selecting all rows of a list is done by its script."""
    sign_in(page, live_server, OperatorFactory.create(is_supervisor=True))
    InboundEmailFactory.create()
    page.goto(f"{live_server.url}/admin/mailing/inboundemail/")

    page.locator("#action-toggle").check()

    assert page.locator("tr.selected").count() == 1
