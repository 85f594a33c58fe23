"""The results of `make bench`: medians, pass or short, the table, and what a later run keeps."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.benchmarks import results, table
from tests.benchmarks.results import Result, result_of
from tests.benchmarks.row import Pair, Row, in_turns


def build_row(*, goal: float = 1.0, higher_is_better: bool = True) -> Row:
    return Row(
        name="intake",
        title="mails to tickets",
        floor_title="nothing",
        unit="mails/s",
        goal=goal,
        higher_is_better=higher_is_better,
        prepare=lambda: nullcontext(lambda: Pair(1.0, 1.0)),
    )


def build_result(row: Row, *pairs: Pair, problem: str = "") -> Result:
    measured = [(0.5, pair) for pair in pairs]
    return result_of(row, measured_at="2026-11-26 10:00", measured=measured, problem=problem)


def test_one_disturbed_pair_does_not_move_the_medians() -> None:
    pairs = [Pair(100.0, 200.0), Pair(110.0, 200.0), Pair(5.0, 250.0)]

    result = build_result(build_row(), *pairs)

    assert (result.ours, result.floor, result.ratio) == (100.0, 200.0, 0.5)


@pytest.mark.parametrize(
    ("goal", "higher_is_better", "passes"),
    [(2.0, True, True), (2.1, True, False), (2.0, False, True), (1.9, False, False)],
)
def test_a_row_passes_when_its_ratio_is_on_the_right_side_of_the_goal(
    goal: float, higher_is_better: bool, passes: bool
) -> None:
    row = build_row(goal=goal, higher_is_better=higher_is_better)

    assert build_result(row, Pair(200.0, 100.0)).passes is passes


def test_the_table_says_pass_or_short_and_why_a_row_was_not_measured() -> None:
    passed = build_result(build_row(), Pair(1234.0, 1000.0))
    missing = build_result(build_row(goal=8), problem="django-helpdesk cannot be installed.")

    lines = table.markdown([passed, missing]).splitlines()

    assert lines[2] == (
        "| intake | mails to tickets; floor: nothing | 1,234 mails/s | 1,000 mails/s | 1.23 | ≥ 1 |"
        " pass | 0.5 |"
    )
    assert lines[3] == (
        "| intake | mails to tickets; floor: nothing. django-helpdesk cannot be installed. |  |  |"
        "  | ≥ 8 | not measured |  |"
    )


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    result = build_result(build_row(), Pair(1.0, 2.0, {"latencies": {"ours": [1.0, 2.0]}}))

    results.write(tmp_path / "results.json", {"intake": result})

    assert results.read(tmp_path / "results.json") == {"intake": result}
    assert results.read(tmp_path / "missing.json") == {}


def test_every_other_pair_begins_with_the_floor() -> None:
    order: list[str] = []

    def ours() -> tuple[float, dict[str, object]]:
        order.append("ours")
        return 1.0, {}

    def floor() -> float:
        order.append("floor")
        return 2.0

    measure = in_turns(ours, floor)
    pairs = [measure(), measure()]

    assert order == ["ours", "floor", "floor", "ours"]
    assert pairs == [Pair(1.0, 2.0), Pair(1.0, 2.0)]
