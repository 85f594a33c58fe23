"""`/ops/support_ops/me/`: what operators see and change of themselves."""

from email import message_from_bytes
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from mailing.models import InboundEmail, MutedMailbox, OutboundEmail
from operators import services
from operators.models import Operator
from tests.conftest import client_of
from tests.factories import OperatorFactory
from tests.inbox import process_inbox, store_mail
from tests.mail import build_delivery_report, build_mail
from tests.mailing.outbound.notices import subject, text
from tests.outbox import send_due_mail
from tests.responses import error_of
from tests.smtp_server import SmtpServer
from tickets.models import Ticket

ME = "/ops/support_ops/me/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Operator:
    return OperatorFactory.create(pk=7, name="Мария", email="maria@desk.example")


def patch(api: APIClient, **changes: Any) -> Any:
    return api.patch(ME, changes, format="json", HTTP_ACCEPT_LANGUAGE="en")


def old_address_mails() -> list[OutboundEmail]:
    return list(OutboundEmail.objects.filter(kind="address_changed").order_by("pk"))


def test_an_operator_sees_the_own_profile(api: APIClient) -> None:
    answer = api.get(ME)

    assert answer.status_code == 200
    profile = answer.json()
    assert profile.pop("date_create")
    assert profile == {
        "operator_id": 7,
        "operator_name": "Мария",
        "email": "maria@desk.example",
        "is_active": True,
        "is_supervisor": False,
        "language": "",
        "signature": "",
        "notices": {
            "new_request": True,
            "message": True,
            "assigned": True,
            "mention": True,
            "delivery": True,
        },
    }


def test_everything_of_a_profile_can_be_changed_at_once(api: APIClient, operator: Operator) -> None:
    changes = {
        "operator_name": "Мария Иванова",
        "email": "mi@desk.example",
        "language": "en",
        "signature": "Мария\nПоддержка",
        "notices": {"message": False, "mention": True},
    }

    answer = patch(api, **changes)

    assert answer.status_code == 200
    notices = {**dict.fromkeys(answer.json()["notices"], True), "message": False}
    assert answer.json() == {**answer.json(), **changes, "notices": notices}
    assert api.get(ME).json() == answer.json()
    operator.refresh_from_db()
    assert operator.notices == {"message": False}


def test_notices_that_are_not_named_stay_as_they_are(api: APIClient, operator: Operator) -> None:
    patch(api, notices={"message": False, "mention": False})

    answer = patch(api, notices={"mention": True, "delivery": False})

    assert answer.status_code == 200
    operator.refresh_from_db()
    assert operator.notices == {"message": False, "delivery": False}
    assert answer.json()["notices"] == {
        "new_request": True,
        "message": False,
        "assigned": True,
        "mention": True,
        "delivery": False,
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "non_field_errors"),
        ({"operator_id": 8}, "non_field_errors"),
        ({"is_supervisor": True}, "non_field_errors"),
        ({"operator_name": ""}, "operator_name"),
        ({"operator_name": "x" * 151}, "operator_name"),
        ({"email": "no address"}, "email"),
        ({"email": None}, "email"),
        ({"language": "de"}, "language"),
        ({"language": None}, "language"),
        ({"signature": "x" * 2001}, "signature"),
        ({"signature": None}, "signature"),
        ({"notices": {"messages": False}}, "notices.messages"),
        ({"notices": {"message": "maybe"}}, "notices.message"),
        ({"notices": {"message": None}}, "notices.message"),
        ({"notices": ["message"]}, "notices.non_field_errors"),
        ({"notices": None}, "notices"),
    ],
)
def test_bad_values_are_refused_and_change_nothing(
    api: APIClient, operator: Operator, changes: dict[str, Any], field: str
) -> None:
    answer = patch(api, **changes)

    assert list(error_of(answer, 400, "invalid")["fields"]) == [field]
    before = Operator.objects.get(pk=operator.pk)
    for name in ("name", "email", "language", "signature", "notices", "is_supervisor"):
        assert getattr(before, name) == getattr(operator, name)
    assert not OutboundEmail.objects.exists()


@pytest.mark.parametrize("address", ["anna@desk.example", "Anna@Desk.example"])
def test_the_address_of_another_operator_is_refused(api: APIClient, address: str) -> None:
    OperatorFactory.create(email="anna@desk.example", is_active=False)

    answer = patch(api, email=address)

    fields = error_of(answer, 400, "invalid")["fields"]
    assert fields == {"email": ["Another operator has this address."]}
    assert not OutboundEmail.objects.exists()


@pytest.mark.parametrize(
    "address", ["Desk@servicedesk.example", "desk+x@servicedesk.example", "help@old.example"]
)
def test_an_address_of_the_desk_is_refused_everywhere(
    settings: Settings, api: APIClient, supervisor_api: APIClient, address: str
) -> None:
    settings.SUPPORT_ADDRESS, settings.OWN_ADDRESSES = (
        "desk@servicedesk.example",
        ("help@old.example",),
    )
    added = {"operator_id": 900_008, "operator_name": "Анна", "email": address}

    answers = [
        patch(api, email=address),
        supervisor_api.patch(
            "/ops/support_ops/7/", {"email": address}, format="json", HTTP_ACCEPT_LANGUAGE="en"
        ),
        supervisor_api.post("/ops/support_ops/", added, format="json", HTTP_ACCEPT_LANGUAGE="en"),
    ]

    for answer in answers:
        fields = error_of(answer, 400, "invalid")["fields"]
        assert fields == {"email": ["This is an address of this desk itself."]}
    assert not Operator.objects.filter(pk=900_008).exists()


def test_the_old_address_is_told(api: APIClient, smtp: SmtpServer) -> None:
    assert patch(api, email="mi@desk.example", language="en").status_code == 200

    (row,) = old_address_mails()
    assert (row.recipient, row.state) == ("maria@desk.example", "queued")
    assert (row.ticket, row.history_entry, row.message, row.operator) == (None, None, None, None)
    send_due_mail()
    (mail,) = smtp.received
    assert mail.recipient == "maria@desk.example"
    arrived = message_from_bytes(mail.content)
    assert subject(arrived) == "Your address at the support desk was changed"
    assert "Мария (operator 7) no longer has this address" in text(arrived)
    assert "mi@desk.example" not in text(arrived)
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["In-Reply-To"] is None


def test_the_old_address_is_told_when_a_supervisor_changes_it(
    operator: Operator, supervisor_api: APIClient
) -> None:
    supervisor_api.patch("/ops/support_ops/7/", {"email": ""}, format="json")

    (row,) = old_address_mails()
    assert row.recipient == "maria@desk.example"
    assert subject(message_from_bytes(bytes(row.content))) == "Ваш адрес в службе поддержки изменён"


@pytest.mark.parametrize(
    ("old", "changes"),
    [
        ("", {"email": "mi@desk.example"}),
        ("maria@desk.example", {"email": "Maria@desk.example"}),
        ("maria@desk.example", {"email": "maria@desk.example"}),
        ("maria@desk.example", {"operator_name": "M."}),
    ],
)
def test_without_another_old_address_nobody_is_told(
    api: APIClient, operator: Operator, old: str, changes: dict[str, str]
) -> None:
    Operator.objects.filter(pk=operator.pk).update(email=old)

    assert patch(api, **changes).status_code == 200

    assert old_address_mails() == []


def test_a_mail_that_answers_the_one_to_the_old_address_opens_a_request(
    operator: Operator,
) -> None:
    services.change_profile(operator_id=7, changes={"email": "mi@desk.example"})
    (row,) = old_address_mails()

    answer = build_mail(
        "maria@desk.example", message_id="<m1@desk.example>", in_reply_to=row.message_id_header
    )
    store_mail("maria@desk.example", raw=answer)
    process_inbox()

    assert InboundEmail.objects.get().state == "processed"
    assert Ticket.objects.get().requester.email == "maria@desk.example"


def test_a_bounce_of_the_mail_to_the_old_address_is_recorded(
    operator: Operator, smtp: SmtpServer, supervisor_api: APIClient
) -> None:
    services.change_profile(operator_id=7, changes={"email": "mi@desk.example"})
    send_due_mail()
    (row,) = old_address_mails()

    report = build_delivery_report(row.message_id_header, recipient="maria@desk.example")
    store_mail("mailer-daemon@desk.example", raw=report)
    process_inbox()

    inbound = InboundEmail.objects.get()
    assert (inbound.state, inbound.ticket) == ("processed", None)
    row.refresh_from_db()
    assert row.state == "bounced"
    assert MutedMailbox.objects.get().mailbox == "maria@desk.example"
    shown = supervisor_api.get("/mail/outbox/").json()["results"]
    assert [(mail["kind"], mail["request"]) for mail in shown] == [("address_changed", None)]


def test_the_admin_shows_the_mail_to_the_old_address(
    client: Client, operator: Operator, supervisor: Operator
) -> None:
    services.change_profile(operator_id=7, changes={"email": "mi@desk.example"})
    (row,) = old_address_mails()
    client.force_login(supervisor)

    listed = client.get("/admin/mailing/outboundemail/")
    shown = client.get(f"/admin/mailing/outboundemail/{row.pk}/change/")

    assert listed.status_code == shown.status_code == 200
    assert "maria@desk.example" in shown.content.decode()


def test_changes_are_the_callers_own(operator: Operator) -> None:
    other = OperatorFactory.create(name="Анна")

    assert patch(client_of(other), operator_name="Анна Петрова").status_code == 200

    names = Operator.objects.order_by("pk").values_list("name", flat=True)
    assert set(names) == {"Мария", "Анна Петрова"}
