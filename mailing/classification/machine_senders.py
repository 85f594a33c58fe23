"""Addresses and headers by which programs, lists and services are known where no standard tells."""

from __future__ import annotations

import re

from mailing.parsing import addresses
from mailing.parsing.message import ParsedEmail

# Local parts that take no answer: "noreply" and its kin as a word of its own.
_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no|non|do[._-]?not|dont|never)[._-]?(?:reply|replay|respond|response)"
    r"(?:$|[._+=0-9-])"
    r"|^(?:(?:bitte[._-]?)?nicht[._-]?antworten|keine[._-]?antwort|ne[._-]?pas[._-]?repondre"
    r"|ne[._-]?repondez[._-]?pas|n[oa]o?[._-]?respond(?:a|er)|no[._-]?contestar"
    r"|non[._-]?rispondere|ne[._-]?otvechat|ikke[._-]?svar|svar[._-]?(?:ej|inte)"
    r"|niet[._-]?(?:be)?antwoorden|nie[._-]?odpowiadaj|neodpovidat|unmonitored)(?:$|[._+=0-9-])"
)
# Addresses of programs: RFC 2142, RFC 3834 section 2 ("-request", "owner-", MAILER-DAEMON), Unix,
# and the usual ones of monitoring, trackers and newsletters.
_PROGRAM = re.compile(
    r"(?:mailer-daemon|postmaster|root|cron|daemon|nobody|www-data|apache|nginx|nagios|zabbix"
    r"|icinga|monit|monitor(?:ing)?|prometheus|grafana|sentry|cloudwatch|logwatch|jenkins|gitlab"
    r"|jira|listserv|majordomo|mailman|listmaster|sympa|auto-?reply|auto-?responder|autoresponse"
    r"|auto-?mail(?:er)?|auto-?info|mailer|(?:ro)?bot|alerts?|alertmanager|notifications?|notify"
    r"|bounces?|mdaemon|news-?letters?|news|mailings?|digest|updates?)"
    r"|owner-.+|.+-(?:request|owner|bounces?|daemon|robot|bot)(?:\+.*)?|.+-noreply"
)
# Where failures go of what lists and services send: Mailman, Majordomo, ezmlm, VERP, SparkPost. Not
# "bounces+SRS=", by which Exchange Online forwards anybody's mail:
# https://learn.microsoft.com/exchange/reference/sender-rewriting-scheme
_LIST_PATH = re.compile(
    r"(?!.*\bsrs\d?=)(?:owner-.+|.+-(?:owner|request)|(?:.+[-._])?bounces?(?:[-+=_].*)?"
    r"|.+-return-\d+-.+|msprvs\d=.+)"
)
_LIST_SOFTWARE = (
    *("x-beenthere", "x-mailman-version", "x-mailing-list", "list-help", "list-subscribe"),
    *("list-archive", "list-owner"),
)
# SendGrid, Mandrill, Mailchimp, Mailgun, Postmark, the Certified Senders Alliance, campaigns.
_BULK_SERVICE = (
    *("x-sg-eid", "x-mandrill-user", "x-mc-user", "x-mailgun-sid", "x-pm-message-id"),
    *("x-csa-complaints", "x-campaign", "x-campaignid", "x-campaign-id"),
)
# OTRS, Request Tracker, Bugzilla, Jira, GitHub, GitLab, Redmine, Launchpad, Gerrit.
_TICKET_SYSTEM = (
    *("x-otrs-loop", "x-rt-loop-prevention", "rt-ticket", "x-bugzilla-type", "x-jira-fingerprint"),
    *("x-github-reason", "x-gitlab-project", "x-redmine-host", "x-launchpad-message-rationale"),
    *("x-gerrit-messagetype",),
)


def takes_no_reply(email: str) -> bool:
    """Whether an address says of itself that it takes no answer."""
    return bool(_NO_REPLY.search(email.rpartition("@")[0]))


def is_program(email: str) -> bool:
    """Whether an address is usually a program's."""
    return bool(_PROGRAM.fullmatch(email.rpartition("@")[0]))


def list_software(mail: ParsedEmail) -> str:
    """Return the header by which a list names itself, apart from the standard ones."""
    return _first(mail, _LIST_SOFTWARE)


def list_path(mail: ParsedEmail) -> str:
    """Return the address of a list or a service that failures go to, from Return-Path or Sender."""
    for name in ("return-path", "sender"):
        for one in addresses.parse(mail.header(name)):
            if _LIST_PATH.fullmatch(one.email.rpartition("@")[0]):
                return f"{name}: {one.email}"
    return ""


def bulk_service(mail: ParsedEmail) -> str:
    """Return the header of a service by which programs send."""
    return _first(mail, _BULK_SERVICE)


def ticket_system(mail: ParsedEmail) -> str:
    """Return the header of another ticket system, whose answers could answer ours for ever."""
    return _first(mail, _TICKET_SYSTEM)


def _first(mail: ParsedEmail, names: tuple[str, ...]) -> str:
    return next((f"{name}: {mail.header(name)}" for name in names if mail.header(name)), "")
