"""The tables of states of inbox and outbox: complete, and obeyed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailing.inbound import outcomes as inbound_outcomes
from mailing.inbound import states as inbound_states
from mailing.models import InboundEmail, OutboundEmail
from mailing.outbound import states as outbound_states
from mailing.outbound import supervision
from mailing.queueing.states import IllegalMove
from tests.factories import InboundEmailFactory, OutboundEmailFactory

TABLES: list[tuple[Any, type[InboundEmail] | type[OutboundEmail]]] = [
    (inbound_states, InboundEmail),
    (outbound_states, OutboundEmail),
]


@pytest.mark.parametrize(("module", "model"), TABLES, ids=["inbox", "outbox"])
def test_every_state_of_the_model_has_its_row(module: Any, model: Any) -> None:
    moves = module.NEXT_STATES

    assert set(moves) == set(model.State)
    assert set().union(*moves.values()) <= set(model.State)


@pytest.mark.parametrize(("module", "model"), TABLES, ids=["inbox", "outbox"])
def test_a_move_raises_unless_the_table_has_it(module: Any, model: Any) -> None:
    for before in model.State:
        for after in model.State:
            row = model(state=before)
            if after in module.NEXT_STATES[before]:
                module.move(row, after)
                assert row.state == after
            else:
                with pytest.raises(IllegalMove, match=f"from {before} to {after}"):
                    module.move(row, after)
                assert row.state == before


@pytest.mark.django_db
def test_a_processed_mail_cannot_end_once_more() -> None:
    row = InboundEmailFactory.create(
        state=InboundEmail.State.PROCESSED, processed_at=timezone.now()
    )

    with pytest.raises(IllegalMove):
        inbound_outcomes.record_end(row, InboundEmail.State.IGNORED, "changed my mind")

    row.refresh_from_db()
    assert (row.state, row.reason) == ("processed", "")


def test_what_a_supervisor_may_do_stands_in_the_table() -> None:
    state = OutboundEmail.State
    moves = outbound_states.NEXT_STATES

    assert all(state.QUEUED in moves[before] for before in supervision.RETRIABLE)
    assert all(state.SUPPRESSED in moves[before] for before in supervision.CANCELLABLE)


@pytest.mark.django_db
def test_a_mail_that_was_sent_is_not_sent_again() -> None:
    row = OutboundEmailFactory.create(
        state=OutboundEmail.State.SENT,
        sent_at=timezone.now() - timedelta(minutes=1),
        next_attempt_at=None,
    )

    with pytest.raises(IllegalMove):
        outbound_states.move(row, OutboundEmail.State.QUEUED)
