"""No page of the admin holds a secret or a hash; no error and no row's name what somebody wrote."""

from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import InboundEmail, MutedMailbox, OutboundEmail
from mailing.monitoring_models import Outage
from mailing.outbound import pause, suppression
from operators import services as operator_services
from operators.models import Operator
from tests import requester_mail
from tests.conftest import client_of
from tests.factories import InboundEmailFactory, RequesterFactory
from tests.services import WEBHOOK_SECRET
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

ADDRESS, OWN_ADDRESS = "planted.requester@example.com", "planted.operator@example.com"
TITLE, TEXT, ANSWER, NAME = "PLANTED-TITLE", "PLANTED-TEXT", "PLANTED-ANSWER", "PLANTED-NAME"
WORDS = f"5.7.8 PLANTED-REPLY for <{ADDRESS}>"
PLANTED = ("PLANTED", ADDRESS, OWN_ADDRESS, "planted.")
# What the API never shows either, or what tells a reader nothing.
BYTES, FINGERPRINT, LEASE = b"PLANTED-BYTES", "f" * 64, UUID("f" * 32)


@pytest.fixture
def ticket(supervisor: Operator) -> Ticket:
    """A ticket and mail about it that went wrong in words that repeat everything."""
    Operator.objects.filter(pk=supervisor.pk).update(email=OWN_ADDRESS)
    supervisor.set_password("a planted password")
    supervisor.save(update_fields=["password"])
    requester = RequesterFactory.create(email=ADDRESS, name=NAME)
    message = requester_mail.open_ticket(
        requester=requester, title=TITLE, text=TEXT, written_at=timezone.now()
    )
    services.take_ticket(ticket_id=message.ticket_id, by=supervisor)
    services.reply(ticket_id=message.ticket_id, by=supervisor, title=TITLE, text=ANSWER)
    OutboundEmail.objects.update(
        state="failed", reason=WORDS, smtp_reply=WORDS, smtp_code=550, content=BYTES,
        lease_holder=LEASE,
    )  # fmt: skip
    InboundEmailFactory.create(
        requester_address=ADDRESS,
        state="quarantined",
        reason=f"no place for {ADDRESS}",
        processed_at=timezone.now(),
        raw=BYTES,
        fingerprint=FINGERPRINT,
        parse={"subject": TITLE, "text_sha256": FINGERPRINT},
    )
    InboundEmailFactory.create(lease_holder=LEASE, lease_expires_at=timezone.now(), raw=BYTES)
    pause.begin(f"cannot sign in: {WORDS}", about_us=True)
    suppression.mute(ADDRESS, WORDS)
    Outage.objects.create(code="outbox_paused", reason=WORDS, began_at=timezone.now())
    return message.ticket


def secrets_of(operator: Operator) -> dict[str, str]:
    """Return what must stay hidden, by what it is."""
    row, token = operator_services.issue_token(operator=operator)
    operator.refresh_from_db()
    return {
        "a token": token,
        "a token's hash": row.digest,
        "a token's beginning": row.token_key,
        "a password's hash": operator.password.rpartition("$")[2],
        "a mail's bytes": BYTES.decode(),
        "a mail's fingerprint": FINGERPRINT,
        "a lease": LEASE.hex,
        "a lease's holder": str(LEASE),
        "the webhook's secret": WEBHOOK_SECRET,
        "the key": settings.SECRET_KEY,
    }


def pages_of_the_admin() -> list[str]:
    """Return the path of each list, and of each row's page and history."""
    paths = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths.append(reverse(f"{name}_changelist"))
        for row in model._default_manager.all():
            paths += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]
    return paths


def leaked(text: str) -> list[str]:
    return [planted for planted in PLANTED if planted in text]


def test_no_page_of_the_admin_holds_a_secret_or_a_hash(
    client: Client, supervisor: Operator, ticket: Ticket
) -> None:
    hidden = secrets_of(supervisor)
    client.force_login(supervisor)
    paths = pages_of_the_admin()

    leaks = {}
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
        if shown := [name for name, secret in hidden.items() if secret in page]:
            leaks[path] = shown

    assert leaks == {}
    assert len(paths) > 30


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        ("tickets_ticket", [TITLE, TEXT, ANSWER, NAME, ADDRESS]),
        ("tickets_requester", [NAME, ADDRESS]),
        ("mailing_inboundemail", [TITLE, ADDRESS, "no place for"]),
        ("mailing_outboundemail", [TITLE, ADDRESS, "5.7.8 PLANTED-REPLY"]),
        ("mailing_mutedmailbox", [ADDRESS, "5.7.8 PLANTED-REPLY"]),
        ("mailing_outboxpause", ["cannot sign in: 5.7.8 PLANTED-REPLY"]),
        ("mailing_outage", ["5.7.8 PLANTED-REPLY"]),
        ("operators_operator", [OWN_ADDRESS]),
    ],
)
def test_a_supervisor_reads_in_the_admin_what_the_api_shows_them(
    client: Client, supervisor: Operator, ticket: Ticket, model: str, shown: list[str]
) -> None:
    client.force_login(supervisor)
    rows = client.get(reverse(f"admin:{model}_changelist")).context["cl"].result_list

    pages = [client.get(reverse(f"admin:{model}_change", args=[row.pk])) for row in rows]

    text = "".join(page.content.decode() for page in pages)
    assert [words for words in shown if words not in text] == []


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("tickets/ticket", "operator__password__startswith"),
        ("tickets/ticket", "operator__auth_token_set__digest__startswith"),
        ("tickets/ticket", "requester__email__startswith"),
        ("tickets/ticket", "attachments__blob__sha256__startswith"),
        ("tickets/requester", "tickets__operator__password__startswith"),
        ("mailing/inboundemail", "raw__startswith"),
        ("mailing/inboundemail", "fingerprint__startswith"),
        ("mailing/inboundemail", "lease_holder"),
        ("mailing/inboundemail", "parse__text_sha256__startswith"),
        ("mailing/inboundemail", "ticket__operator__password__startswith"),
        ("mailing/outboundemail", "content__startswith"),
        ("mailing/outboundemail", "lease_holder"),
        ("mailing/outboundemail", "history_entry__operator__password__startswith"),
        ("mailing/outboundemail", "message__operator__auth_token_set__token_key__startswith"),
        ("mailing/mutedmailbox", "mailbox__startswith"),
        ("operators/operator", "password__startswith"),
        ("operators/operator", "auth_token_set__digest__startswith"),
        ("operators/operator", "tickets__operator__password__startswith"),
    ],
)
def test_no_list_is_filtered_by_what_it_does_not_offer(
    client: Client, supervisor: Operator, model: str, lookup: str
) -> None:
    client.force_login(supervisor)

    assert client.get(f"/admin/{model}/", {lookup: "a"}).status_code == 400


def test_mutes_are_ended_without_their_addresses_in_the_log_of_the_admin(
    client: Client, supervisor: Operator, ticket: Ticket
) -> None:
    client.force_login(supervisor)
    path = reverse("admin:mailing_mutedmailbox_changelist")
    pks = list(MutedMailbox.objects.values_list("pk", flat=True))

    confirmation = {"action": "delete_selected", "_selected_action": pks, "post": "yes"}
    client.post(path, confirmation, follow=True)

    assert not MutedMailbox.objects.exists()
    entry = LogEntry.objects.get()
    assert leaked(f"{entry.object_repr} {entry.change_message}") == []


def test_no_row_names_itself_by_what_was_planted(ticket: Ticket) -> None:
    for label in ("operators", "tickets", "mailing"):
        for model in apps.get_app_config(label).get_models():
            for row in model._default_manager.all():
                assert leaked(f"{row} {row!r}") == []


def test_mail_is_found_by_its_address_or_a_part_of_it(
    client: Client, supervisor: Operator, ticket: Ticket
) -> None:
    client.force_login(supervisor)
    pk = InboundEmail.objects.get(requester_address=ADDRESS).pk

    for words in (ADDRESS, "planted.req"):
        found = client.get("/admin/mailing/inboundemail/", {"q": words}).content.decode()
        assert f"/admin/mailing/inboundemail/{pk}/change/" in found


def errors(api: APIClient, ticket: Ticket, operator: Operator) -> list[Any]:
    """Return the answers to calls that are wrong in every way that could repeat a value."""
    reply = {"title": TITLE, "description": TEXT, "recipient_mail": "planted.x@example.com"}
    odd = "PLANTED-VALUE planted.x@example.com"
    url = f"/mgs/requests/{ticket.pk}/mgs/create"
    return [
        api.get("/requests/user_requests/", {"status": odd}),
        api.get("/requests/user_requests/", {"ordering": odd}),
        api.get("/requests/user_requests/", {"needs_attention": odd}),
        api.get("/requests/user_requests/", {"cursor": odd}),
        api.get("/requests/user_requests/", {"page_size": odd}),
        api.get("/mail/inbox/", {"state": odd}),
        api.get("/mail/outbox/", {"state": odd}),
        api.get(f"/nothing/{odd}/"),
        api.get(f"/requests/user_requests/{odd}/"),
        api.post(url, {**reply, "operator_id": operator.pk}, format="json"),
        api.post(url, {**reply, "operator_id": odd, "files": [odd]}, format="json"),
        api.post(url, '{"title": "PLANTED-VALUE', content_type="application/json"),
        api.post(url, "title=PLANTED-VALUE", content_type="text/PLANTED-VALUE"),
        api.post("/ops/support_ops/", {"operator_id": odd, "email": odd}, format="json"),
        api.post("/requests/webhook/email/", {"messages": [{"id": odd}]}, format="json"),
        APIClient(headers={"authorization": f"Token {odd}"}).get("/ops/support_ops/"),
        APIClient().get("/", headers={"host": "planted-value.example"}),
    ]


def test_no_error_repeats_a_value(supervisor: Operator, ticket: Ticket) -> None:
    for answer in errors(client_of(supervisor), ticket, supervisor):
        assert 400 <= answer.status_code < 500
        assert leaked(answer.content.decode()) == [], answer.content.decode()


def test_the_probes_tell_no_address(client: Client, ticket: Ticket) -> None:
    for path in ("/readyz", "/metrics"):
        assert ADDRESS not in client.get(path).content.decode()
