"""Connections to the mail server: open for the mail of the next call, without needless waits."""

import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound.connections import Connections
from mailing.outbound.smtp import Connection, dot_stuffed
from mailing.outbound.worker import work_outbox
from tests.factories import OutboundEmailFactory
from tests.smtp_server import SmtpServer

# Committed, because a row's version changes with each transaction that writes it.
pytestmark = pytest.mark.django_db(transaction=True)

State = OutboundEmail.State


def test_a_connection_stays_open_for_the_mail_of_the_next_call(smtp: SmtpServer) -> None:
    connections = Connections(keep_open_seconds=60)

    for _ in range(3):
        OutboundEmailFactory.create()
        work_outbox(until=timezone.now() + timedelta(seconds=30), connections=connections)

    assert [mail.connection for mail in smtp.received] == [1, 1, 1]


def test_a_connection_that_was_idle_too_long_is_closed(smtp: SmtpServer) -> None:
    connections = Connections(keep_open_seconds=0)

    for _ in range(2):
        OutboundEmailFactory.create()
        work_outbox(until=timezone.now() + timedelta(seconds=30), connections=connections)

    assert [mail.connection for mail in smtp.received] == [1, 2]
    assert smtp.commands.count("quit") == 2


def test_a_connection_that_the_server_closed_while_idle_is_replaced(smtp: SmtpServer) -> None:
    connections = Connections(keep_open_seconds=60)
    OutboundEmailFactory.create()
    work_outbox(until=timezone.now() + timedelta(seconds=30), connections=connections)
    smtp.stop()
    smtp.start()

    OutboundEmailFactory.create()
    work_outbox(until=timezone.now() + timedelta(seconds=30), connections=connections)

    assert [mail.connection for mail in smtp.received] == [1, 2]
    assert set(OutboundEmail.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


def test_the_end_of_a_mail_is_sent_at_once_with_the_rest(smtp: SmtpServer) -> None:
    content = b"Subject: s\r\n\r\nHello"

    assert list(dot_stuffed([content])) == [content + b"\r\n.\r\n"]
    connection = Connection()
    # Also what needs several packets does not wait for the server's acknowledgement.
    assert connection._smtp.sock is not None
    assert connection._smtp.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    connection.close()
