"""A short run: every fault happens once while mail comes in, is answered and goes out."""

from pathlib import Path

import pytest

from tests.chaos import table
from tests.chaos.faults import FAULTS
from tests.chaos.run import run


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_nothing_is_lost_doubled_or_stuck_while_each_part_breaks(tmp_path: Path) -> None:
    lines_of_run: list[str] = []

    report = run(tmp_path / "run", seed=20261124, count=250, say=lines_of_run.append)

    output = "\n".join([*lines_of_run, *table.lines(report)])
    assert report.is_clean, output
    assert report.not_reached <= 5, output
    assert sum(report.faults.values()) + report.not_reached == len(FAULTS)
    assert len(report.snapshot.inbox) == report.mails >= 250
    assert {row.state for row in report.snapshot.inbox} == {"processed", "ignored", "quarantined"}
    assert {"sent", "failed"} <= {row.state for row in report.snapshot.outbox}
