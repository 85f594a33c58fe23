"""Recognise programs, mailing lists and services by their addresses and non-standard headers."""

from __future__ import annotations

import re

from mailing.parsing import addresses
from mailing.parsing.message import ParsedEmail

# Local parts that accept no answer: "noreply" and the like as a word.
_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no|non|do[._-]?not|dont|never)[._-]?(?:reply|replay|respond|response)"
    r"(?:$|[._+=0-9-])"
    r"|^(?:(?:bitte[._-]?)?nicht[._-]?antworten|keine[._-]?antwort|ne[._-]?pas[._-]?repondre"
    r"|ne[._-]?repondez[._-]?pas|n[oa]o?[._-]?respond(?:a|er)|no[._-]?contestar"
    r"|non[._-]?rispondere|ne[._-]?otvechat|ikke[._-]?svar|svar[._-]?(?:ej|inte)"
    r"|niet[._-]?(?:be)?antwoorden|nie[._-]?odpowiadaj|neodpovidat|unmonitored)(?:$|[._+=0-9-])"
)
# Addresses of programs: RFC 2142, RFC 3834 section 2 ("-request", "owner-", MAILER-DAEMON), Unix,
# and the usual addresses of monitoring, trackers and newsletters.
_PROGRAM = re.compile(
    r"(?:mailer-daemon|postmaster|root|cron|daemon|nobody|www-data|apache|nginx|nagios|zabbix"
    r"|icinga|monit|monitor(?:ing)?|prometheus|grafana|sentry|cloudwatch|logwatch|jenkins|gitlab"
    r"|jira|listserv|majordomo|mailman|listmaster|sympa|auto-?reply|auto-?responder|autoresponse"
    r"|auto-?mail(?:er)?|auto-?info|mailer|(?:ro)?bot|alerts?|alertmanager|notifications?|notify"
    r"|bounces?|mdaemon|news-?letters?|news|mailings?|digest|updates?)"
    r"|owner-.+|.+-(?:request|owner|bounces?|daemon|robot|bot)(?:\+.*)?|.+-noreply"
)
# Where lists and services receive their bounces: Mailman, Majordomo, ezmlm, VERP, SparkPost. Not
# "bounces+SRS=", with which Exchange Online forwards anybody's mail:
# https://learn.microsoft.com/exchange/reference/sender-rewriting-scheme
_LIST_RETURN_PATH = re.compile(
    r"(?!.*\bsrs\d?=)(?:owner-.+|.+-(?:owner|request)|(?:.+[-._])?bounces?(?:[-+=_].*)?"
    r"|.+-return-\d+-.+|msprvs\d=.+)"
)
_LIST_SOFTWARE_HEADERS = (
    *("x-beenthere", "x-mailman-version", "x-mailing-list", "list-help", "list-subscribe"),
    *("list-archive", "list-owner"),
)
# SendGrid, Mandrill, Mailchimp, Mailgun, Postmark, the Certified Senders Alliance, campaigns.
_BULK_SERVICE_HEADERS = (
    *("x-sg-eid", "x-mandrill-user", "x-mc-user", "x-mailgun-sid", "x-pm-message-id"),
    *("x-csa-complaints", "x-campaign", "x-campaignid", "x-campaign-id"),
)
# OTRS, Request Tracker, Bugzilla, Jira, GitHub, GitLab, Redmine, Launchpad, Gerrit.
_TICKET_SYSTEM_HEADERS = (
    *("x-otrs-loop", "x-rt-loop-prevention", "rt-ticket", "x-bugzilla-type", "x-jira-fingerprint"),
    *("x-github-reason", "x-gitlab-project", "x-redmine-host", "x-launchpad-message-rationale"),
    *("x-gerrit-messagetype",),
)


def is_no_reply_address(email: str) -> bool:
    """Return whether an address says that it accepts no answer."""
    return bool(_NO_REPLY.search(email.rpartition("@")[0]))


def is_program_address(email: str) -> bool:
    """Return whether an address usually belongs to a program."""
    return bool(_PROGRAM.fullmatch(email.rpartition("@")[0]))


def is_machine_address(email: str) -> bool:
    """Return whether an address is one of those that no person reads."""
    return is_no_reply_address(email) or is_program_address(email)


def find_list_software(mail: ParsedEmail) -> str:
    """Return a header that mailing list software writes, or ""."""
    return _find_header(mail, _LIST_SOFTWARE_HEADERS)


def find_list_return_path(mail: ParsedEmail) -> str:
    """Return a list's or service's address for bounces, from Return-Path or Sender, or ""."""
    for name in ("return-path", "sender"):
        for address in addresses.parse(mail.header(name)):
            if _LIST_RETURN_PATH.fullmatch(address.email.rpartition("@")[0]):
                return f"{name}: {address.email}"
    return ""


def find_bulk_service(mail: ParsedEmail) -> str:
    """Return the header of a service for sending bulk mail, or ""."""
    return _find_header(mail, _BULK_SERVICE_HEADERS)


def find_ticket_system(mail: ParsedEmail) -> str:
    """Return the header of another ticket system, or ""; it could answer our answers for ever."""
    return _find_header(mail, _TICKET_SYSTEM_HEADERS)


def _find_header(mail: ParsedEmail, names: tuple[str, ...]) -> str:
    return next((f"{name}: {mail.header(name)}" for name in names if mail.header(name)), "")
