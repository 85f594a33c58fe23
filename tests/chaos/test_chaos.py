"""A short run: each fault once while mail comes in, is answered and goes out."""

from pathlib import Path

import pytest

from tests.chaos import table
from tests.chaos.breaker import FAULTS
from tests.chaos.run import run


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_nothing_is_lost_doubled_or_stuck_while_each_part_breaks(tmp_path: Path) -> None:
    said: list[str] = []

    report = run(tmp_path / "run", seed=20261124, count=250, say=said.append)

    told = "\n".join([*said, *table.lines(report)])
    assert report.is_clean, told
    assert report.not_reached <= 5, told
    assert sum(report.faults.values()) + report.not_reached == len(FAULTS)
    assert len(report.books.inbox) == 250
    assert {row.state for row in report.books.inbox} == {"processed", "ignored", "quarantined"}
    assert {"sent", "failed"} <= {row.state for row in report.books.outbox}
