"""Two hosts work on one inbox, and one of them is cut off from the network in the middle."""

from pathlib import Path
from typing import Any

import pytest

from mailing.inbound.queue import LEASE
from mailing.queueing.locks import AdvisoryLock
from tests.benchmarks.desk import one_value, running_desk
from tests.benchmarks.mails import generate
from tests.database import connect
from tests.processes import beat, wait_until
from tests.scaling.hosts import Host, ReachablePostgres, ReachableValkey, two_hosts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

_MAILS, _SENDERS = 3_000, 750
# The mail that a worker claimed from this address: a lease's number is the end of its holder's id.
_HELD = f"""
    SELECT count(*) FROM mailing_inboundemail mail
    JOIN pg_locks ON locktype = 'advisory' AND objsubid = 2
        AND classid = {AdvisoryLock.LEASE_HOLDER:d}
        AND objid::bigint = ('x' || right(lease_holder::text, 8))::bit(32)::bigint & 2147483647
    JOIN pg_stat_activity USING (pid)
    WHERE mail.state = 'received' AND client_addr = '%s'
"""  # noqa: S608 - our own numbers
_OPEN_TRANSACTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE client_addr = '%s' AND xact_start IS NOT NULL"
)
_WAITING = "SELECT count(*) FROM mailing_inboundemail WHERE state = 'received'"
_STATES = "SELECT array_agg(DISTINCT state::text) FROM mailing_inboundemail"
_MESSAGES = "SELECT count(*) FROM tickets_message"
_MAILS_IN_MESSAGES = "SELECT count(DISTINCT message_id) FROM mailing_inboundemail"
_TICKETS = "SELECT count(*) FROM tickets_ticket"
_NOTICES = "SELECT count(*) FROM mailing_outboundemail WHERE state = 'queued'"
# Messages that came earlier than their predecessor in the ticket.
_OUT_OF_ORDER = """
    SELECT count(*) FROM (
        SELECT mail.internal_date, lag(mail.internal_date) OVER (
            PARTITION BY message.ticket_id ORDER BY message.number) AS before
        FROM tickets_message message JOIN mailing_inboundemail mail ON mail.message_id = message.id
    ) pairs WHERE internal_date < before
"""


def both_hold_mail(database: Any, hosts: tuple[Host, Host]) -> bool:
    return all(one_value(database, _HELD % host.address) for host in hosts)


def test_the_other_host_takes_over_the_mail_of_a_host_that_is_cut_off(tmp_path: Path) -> None:
    with two_hosts() as hosts, running_desk(ReachablePostgres, ReachableValkey) as desk:
        first, second = hosts
        env = desk.new_inbox("inbox", generate(_MAILS, senders=_SENDERS))
        desk.manage(env, "sync_schedule")
        database = connect(env)
        with (
            first.inbox_worker(tmp_path, env),
            second.inbox_worker(tmp_path, env),
            beat(folder=tmp_path, env=env),
        ):
            # Both are woken at once; later nudges are beat's.
            broker = desk.new_broker_client()
            for _ in range(4):
                broker.send_task("inbound.work", queue="inbox")

            # The first host is cut off while it holds mail.
            wait_until(lambda: both_hold_mail(database, hosts))
            first.cut_off()
            held = one_value(database, _HELD % first.address)
            waiting = one_value(database, _WAITING)

            # The second host finishes all mail, also that of the first, whose leases expire.
            wait_until(
                lambda: one_value(database, _WAITING) == 0, seconds=LEASE.total_seconds() + 120
            )

            # What the first host still sends when it is back changes nothing.
            first.reconnect()
            wait_until(lambda: one_value(database, _OPEN_TRANSACTIONS % first.address) == 0)

        assert 0 < held <= waiting
        assert one_value(database, _STATES) == ["processed"]
        assert one_value(database, _MESSAGES) == one_value(database, _MAILS_IN_MESSAGES) == _MAILS
        assert one_value(database, _TICKETS) == one_value(database, _NOTICES) == _SENDERS
        assert one_value(database, _OUT_OF_ORDER) == 0
