"""Whose mail it is when a contact form or a group is in From."""

from __future__ import annotations

import pytest

from mailing.classification.author import Author, Route, find_author
from mailing.classification.examination import DeskIdentity
from mailing.classification.rules import Verdict, classify
from mailing.kinds import MailKind
from mailing.parsing.addresses import Address
from mailing.parsing.message import parse

DESK = DeskIdentity(
    addresses=("support@desk.example",),
    is_our_message_id=lambda message_id: message_id == "<ours@desk.example>",
    find_our_loop_header=lambda mail: mail.header("x-servicedesk-loop"),
    form_senders=("form@site.example", "forms@desk.example"),
)
ANNA = Address("anna@client.example", "Anna Berg")
GROUP = "List-Id: <support.desk.example>\nPrecedence: list\nList-Unsubscribe: <https://x.example>\n"
FROM_GROUP = "From: \"'Anna Berg' via Support\" <support@desk.example>\n"
MAILMAN = "From: Anna Berg via Help <help@lists.example>\nList-Id: Help <help.lists.example>\n"
NAMELESS = "From: Help <help@lists.example>\nList-Id: <help.lists.example>\n"
GROUPS_IO = (
    "From: Anna Berg via groups.io <anna=client.example@groups.io>\nList-Id: <h.groups.io>\n"
)


def author(fields: str) -> Author:
    return find_author(parse(f"{fields}\n\nx".encode()), owns=DESK.owns, is_form=DESK.has_form)


def verdict(fields: str) -> Verdict:
    return classify(parse(f"{fields}\n\nx".encode()), DESK)


@pytest.mark.parametrize(
    "fields",
    [
        FROM_GROUP + GROUP + "X-Original-From: Anna Berg <anna@client.example>",
        FROM_GROUP + GROUP + "X-Original-Sender: anna@client.example",
        FROM_GROUP + GROUP + "Reply-To: Anna Berg <anna@client.example>",
        FROM_GROUP + GROUP + "Reply-To: support@desk.example, Anna Berg <anna@client.example>",
        MAILMAN + "Reply-To: Anna Berg <anna@client.example>",
        MAILMAN + "Reply-To: help@lists.example\nCc: b@c.example, Anna Berg <anna@client.example>",
        NAMELESS + "Reply-To: Anna Berg <anna@client.example>",
        NAMELESS.replace("help.lists", "x") + "List-Post: <mailto:help@lists.example>\n"
        "Reply-To: Anna Berg <anna@client.example>",
        "From: Help <any@lists.example>\nList-Id: <x>\n"
        "X-Original-From: Anna Berg <anna@client.example>",
        GROUPS_IO + "Reply-To: h@groups.io",
        GROUPS_IO.replace("h.groups", "main.h.groups") + "Reply-To: main@h.groups.io",
        GROUPS_IO + "Reply-To: h@groups.io\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ],
)  # fmt: skip
def test_mail_by_way_of_a_group_is_its_members(fields: str) -> None:
    assert author(fields) == Author(ANNA, Route.GROUP)
    result = verdict(fields)
    assert (result.kind, result.rule) == (MailKind.PERSON, "group")


@pytest.mark.parametrize(
    ("fields", "email"),
    [
        ("From: anna@client.example\nReply-To: bob@c.example\n" + GROUP, "anna@client.example"),
        ("From: anna@client.example\nX-Original-Sender: b@c.example\n" + GROUP,
         "anna@client.example"),
        ("From: Anna via Sign <sign@docs.example>\nReply-To: anna@client.example",
         "sign@docs.example"),
        ("From: anna@client.example\nX-Original-From: bob@client.example", "anna@client.example"),
        (MAILMAN + "Reply-To: help@lists.example", "help@lists.example"),
        (MAILMAN + "Reply-To: anna@c.example\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
         "help@lists.example"),
        (NAMELESS + "Reply-To: service@lists.example", "help@lists.example"),
        (MAILMAN + "Reply-To: support@desk.example", "help@lists.example"),
    ],
)  # fmt: skip
def test_without_a_rewritten_from_the_sender_is_the_author(fields: str, email: str) -> None:
    assert author(fields).address.email == email
    assert author(fields).route == Route.DIRECT


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-generated",
        "X-SG-EID: abc",
        "X-OTRS-Loop: yes",
        "Return-Path: <>",
        "Authentication-Results: mx.google.com; dmarc=fail",
    ],
)
def test_a_machine_that_writes_to_a_group_stays_a_machine(field: str) -> None:
    fields = FROM_GROUP + GROUP + "X-Original-From: anna@client.example\n" + field
    assert verdict(fields).kind == MailKind.MACHINE


def test_a_noreply_address_behind_a_group_stays_a_machine() -> None:
    assert verdict(FROM_GROUP + GROUP + "X-Original-From: noreply@shop.example").kind == "machine"


@pytest.mark.parametrize("local_part", ["messages-noreply", "notifications"])
def test_what_a_network_sends_for_its_members_is_a_machines(local_part: str) -> None:
    fields = f"From: Anna via Net <{local_part}@net.example>\nList-Id: <messages.net.example>\n"
    assert verdict(fields + "Reply-To: anna@client.example").kind == MailKind.MACHINE


@pytest.mark.parametrize("sender", ["form@site.example", "forms@desk.example"])
def test_a_listed_form_is_its_customers_mail_also_from_an_address_of_ours(sender: str) -> None:
    fields = f"From: Site <{sender}>\nReply-To: Anna Berg <anna@client.example>"

    assert author(fields) == Author(ANNA, Route.FORM)
    assert verdict(fields).kind == MailKind.PERSON


def test_a_listed_form_behind_a_group_is_its_customers_mail() -> None:
    fields = FROM_GROUP + GROUP + "X-Original-From: form@site.example\n"
    assert author(fields + "Reply-To: Anna Berg <anna@client.example>").address == ANNA


@pytest.mark.parametrize(
    "sender",
    [
        *("noreply@site.example", "support@desk.example", "Do-Not-Reply@site.example"),
        *("www-data@web1.site.example", "wordpress@site.example"),
    ],
)
def test_what_writes_for_somebody_else_is_a_form_that_is_not_acknowledged(sender: str) -> None:
    fields = f"From: Site <{sender}>\nReply-To: Anna Berg <anna@client.example>"

    assert author(fields) == Author(ANNA, Route.UNLISTED_FORM)
    result = verdict(fields)
    assert (result.kind, result.rule) == (MailKind.MACHINE, "unlisted form")


@pytest.mark.parametrize(
    "reply_to", ["", "noreply+1@site.example", "no-reply@other.example", "support@desk.example"]
)
def test_a_noreply_sender_that_names_nobody_else_is_no_form(reply_to: str) -> None:
    fields = f"From: noreply@site.example\nReply-To: {reply_to}"

    assert author(fields).address.email == "noreply@site.example"
    assert verdict(fields).rule == "noreply address"


@pytest.mark.parametrize("field", ["Message-ID: <ours@desk.example>", "X-ServiceDesk-Loop: signed"])
def test_our_own_mail_is_ours_whatever_its_form(field: str) -> None:
    fields = f"From: forms@desk.example\nReply-To: anna@client.example\n{field}"
    assert verdict(fields).kind == MailKind.OURS


POSTED = (
    "From: Anna Berg <anna@client.example>\nList-Id: <help.lists.example>\nPrecedence: list\n"
    "List-Unsubscribe: <https://lists.example/>\nSender: help-bounces@lists.example\n"
)
TO_LIST = "To: help@lists.example\n"
LIST_POST = "List-Post: <https://lists.example/post>, <mailto:help@lists.example>\n"


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        (POSTED + TO_LIST + LIST_POST, "mailing list"),
        (POSTED + "To: x@y.example\nCc: Help <help@lists.example>\n" + LIST_POST, "mailing list"),
        (POSTED + TO_LIST + "X-BeenThere: help@lists.example", "mailing list"),
        (POSTED + "X-Original-Sender: anna@client.example", "mailing list"),
        ((POSTED + TO_LIST + LIST_POST).replace("help@lists", "support@desk"), "our mailing list"),
    ],
)
def test_mail_to_a_group_that_leaves_from_as_it_is_is_a_persons(fields: str, rule: str) -> None:
    result = verdict(fields)

    assert author(fields) == Author(ANNA, Route.LIST)
    assert (result.kind, result.rule) == (MailKind.PERSON, rule)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        (POSTED, "list-id"),
        (POSTED + TO_LIST, "list-id"),
        (POSTED + TO_LIST + LIST_POST + "List-Unsubscribe-Post: One-Click", "list-id"),
        ((POSTED + TO_LIST + LIST_POST).replace("Precedence: list", "Precedence: bulk"), "list-id"),
        (POSTED.replace("anna@", "noreply@") + TO_LIST + LIST_POST, "list-id"),
        (POSTED + TO_LIST + LIST_POST + "X-GitHub-Reason: mention", "ticket system"),
        (POSTED + TO_LIST + LIST_POST + "Auto-Submitted: auto-generated", "auto-submitted"),
    ],
)
def test_newsletters_and_machines_on_lists_stay_machines(fields: str, rule: str) -> None:
    result = verdict(fields)

    assert (result.kind, result.rule) == (MailKind.MACHINE, rule)
