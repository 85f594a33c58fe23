"""A holder of leases is known to live, and to be dead as soon as its connection is gone."""

from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from mailing.inbound import queue
from mailing.models import InboundEmail
from mailing.queueing import leases
from tests.concurrency import at_once
from tests.factories import InboundEmailFactory
from tests.inbox import claim

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_holder_lives_from_its_first_claim_to_its_end() -> None:
    with leases.lease_holder() as holder:
        assert leases.without_connection({holder.id}) == {holder.id}
        holder.hold_liveness_lock()
        holder.hold_liveness_lock()
        assert leases.without_connection({holder.id}) == set()

    assert leases.without_connection({holder.id}) == {holder.id}
    assert number_of_locks() == 0


def test_holders_on_other_connections_are_seen() -> None:
    with leases.lease_holder() as holder:
        holder.hold_liveness_lock()

        assert at_once([lambda: leases.without_connection({holder.id})] * 2) == [set(), set()]


def test_a_holder_whose_connection_was_cut_shows_itself_again_with_its_next_claim() -> None:
    with leases.lease_holder() as holder:
        holder.hold_liveness_lock()
        with pytest.raises(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.close()
        assert leases.without_connection({holder.id}) == {holder.id}

        holder.hold_liveness_lock()

        assert leases.without_connection({holder.id}) == set()
    assert number_of_locks() == 0


def test_what_a_dead_worker_held_in_the_inbox_is_claimed_again_at_once() -> None:
    mail = InboundEmailFactory.create()
    assert claim(uuid4()) == [mail.pk]
    assert claim(uuid4()) == []

    assert queue.release_orphans() == 1

    with leases.lease_holder() as holder:
        holder.hold_liveness_lock()
        assert claim(holder.id) == [mail.pk]
        assert queue.release_orphans() == 0
    assert InboundEmail.objects.get().lease_holder == holder.id


def number_of_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE datname = current_database() AND locktype = 'advisory'"
        )
        (count,) = cursor.fetchone()
    return int(count)
