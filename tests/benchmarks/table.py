"""Format the results of a run: a table for the terminal, and the same in Markdown."""

from collections.abc import Iterable, Iterator
from statistics import median

from rich.table import Table

from tests.benchmarks.results import Result

_HEADS = ("row", "what", "ours", "floor", "ratio", "goal", "", "load")


def terminal_table(results: Iterable[Result]) -> Table:
    """Return the table for the terminal."""
    table = Table()
    for head in _HEADS:
        table.add_column(head, no_wrap=head != "what")
    for cells in _rows(results):
        table.add_row(*cells)
    return table


def markdown(results: Iterable[Result]) -> str:
    """Return the table in Markdown, with when and where each row was measured below it."""
    results = list(results)
    lines = [_line(_HEADS), _line(["---"] * len(_HEADS)), *map(_line, _rows(results)), ""]
    for machine in sorted({result.machine for result in results}):
        dates = [result.measured_at for result in results if result.machine == machine]
        first, last = min(dates), max(dates)
        span = first if first == last else f"{first} to {last}"
        lines.append(f"Measured {span} (UTC) on {machine}.")
    return "\n".join(lines) + "\n"


def _rows(results: Iterable[Result]) -> Iterator[list[str]]:
    for result in results:
        what = f"{result.title}; floor: {result.floor_title}"
        goal = f"{'≥' if result.higher_is_better else '≤'} {result.goal:g}"
        if not result.pairs:
            yield [result.name, f"{what}. {result.problem}", "", "", "", goal, "not measured", ""]
            continue
        yield [
            result.name,
            what,
            f"{_figure(result.ours)} {result.unit}",
            f"{_figure(result.floor)} {result.unit}",
            _figure(result.ratio),
            goal,
            "pass" if result.passes else "short",
            f"{median(result.loads):.1f}",
        ]


def _figure(value: float) -> str:
    """Return a number with three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
