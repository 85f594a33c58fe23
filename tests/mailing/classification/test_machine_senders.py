"""Addresses of machines, and people's addresses that look like them."""

from __future__ import annotations

import pytest

from mailing.kinds import MailKind
from tests.mailing.classification.samples import verdict


@pytest.mark.parametrize(
    "local",
    [
        "noreply",
        "no-reply",
        "No_Reply",
        "no.reply",
        "donotreply",
        "do-not-reply",
        "noreply+x",
        "noreply-billing",
        "billing-noreply",
        "alerts.no-reply",
        "noreply2",
        "nicht-antworten",
        "naoresponda",
        "nao-responder",
        "niet-antwoorden",
        "ne-pas-repondre",
    ],
)
def test_noreply_addresses_are_machines(local: str) -> None:
    assert verdict("", sender=f"Shop <{local}@shop.example>").rule == "noreply address"


@pytest.mark.parametrize(
    "local",
    ["noreplyguy", "reply", "norepl", "arno.reply", "nora", "noah", "talbot", "newson", "robotham"],
)
def test_addresses_that_only_look_like_noreply_are_people(local: str) -> None:
    assert verdict("", sender=f"{local}@shop.example").kind == MailKind.PERSON


@pytest.mark.parametrize(
    "local",
    [
        "mailer-daemon",
        "postmaster",
        "root",
        "cron",
        "owner-users",
        "users-request",
        "users-bounces+x=y",
        "zabbix",
        "listserv",
        "monitoring",
        "newsletter",
        "build-bot",
    ],
)
def test_addresses_of_programs_are_not_people(local: str) -> None:
    assert verdict("", sender=f"{local}@shop.example").kind in (MailKind.MACHINE, MailKind.BOUNCE)
