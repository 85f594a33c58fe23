"""The command `make bench`: measure the service and its floors, and print one table.

ONLY selects rows by their names, PAIRS says how often each is measured, BENCH_OUT is the folder of
the results. With PUBLISH=1 they become those of docs/performance.md.

It exits with 0 also when a row falls short, because that is a result; with 1 when a row could not
be measured because something failed.
"""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.benchmarks import documents, plots, results, table
from tests.benchmarks.results import Result
from tests.benchmarks.row import Row
from tests.benchmarks.run import all_rows, measure
from tests.chaos.run import environment_number
from tests.paths import ROOT

_LEAST_PAIRS = 3  # for a median that one disturbed measurement does not move
_LOG_WIDTH = 160
_PUBLISHED = ROOT / "docs" / "performance"


def main() -> int:
    """Measure the selected rows, and return the exit status."""
    signal.signal(signal.SIGTERM, _stop)
    selected = _select(all_rows())
    pairs = max(environment_number("PAIRS", _LEAST_PAIRS), _LEAST_PAIRS)
    publish = environment_number("PUBLISH", 0) > 0
    folder = _PUBLISHED if publish else _output_folder()
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(width=None if sys.stdout.isatty() else _LOG_WIDTH)
    measured, failed = _measure_all(selected, pairs, console)

    # Results of rows that were not measured now stay as they are.
    known = results.read(folder / "results.json") | measured
    ordered = {name: known[name] for name in all_rows() if name in known}
    results.write(folder / "results.json", ordered)
    drawn = plots.draw(ordered, folder)
    if publish:
        _publish(table.markdown(ordered.values()), drawn)
    else:
        (folder / "table.md").write_text(table.markdown(ordered.values()))
    console.print(table.terminal_table(measured.values()))
    console.print(f"Results and plots: {folder}", soft_wrap=True)
    for failure in failed:
        console.print(f"Failed: {failure}", soft_wrap=True)
    return 1 if failed else 0


def _select(rows: dict[str, Row]) -> list[Row]:
    names = os.environ.get("ONLY", "").replace(",", " ").split() or list(rows)
    if unknown := [name for name in names if name not in rows]:
        raise SystemExit(f"No row is named {', '.join(unknown)}; there are: {', '.join(rows)}.")
    return [rows[name] for name in names]


def _output_folder() -> Path:
    if configured := os.environ.get("BENCH_OUT", ""):
        return Path(configured).resolve()
    return ROOT / ".local" / "benchmarks" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}"


def _measure_all(
    rows: list[Row], pairs: int, console: Console
) -> tuple[dict[str, Result], list[str]]:
    """Return the results by the names of their rows, and a sentence for each row that failed."""
    measured, failed = {}, []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("", total=len(rows) * pairs)
        for number, row in enumerate(rows, 1):
            progress.update(task, description=row.name)
            try:
                result = measure(row, pairs=pairs, on_pair=lambda: progress.advance(task))
            except RuntimeError as error:
                failed.append(f"{error}.")
                continue
            finally:
                progress.update(task, completed=number * pairs)
            measured[row.name] = result
            progress.console.print(f"{row.name}: {_summary(result)}", soft_wrap=True)
    return measured, failed


def _summary(result: Result) -> str:
    if not result.pairs:
        return result.problem
    pairs = ", ".join(f"{pair.ours:.4g} : {pair.floor:.4g}" for pair in result.pairs)
    return f"{pairs} {result.unit}; ratio {result.ratio:.3g}"


def _publish(text: str, drawn: list[Path]) -> None:
    """Put the table and the plots between the marks in docs/performance.md."""
    images = [f"![{path.stem}]({_PUBLISHED.name}/{path.name})\n" for path in drawn]
    documents.put(_PUBLISHED.with_suffix(".md"), "make bench", "\n".join([text, *images]))


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit("Stopped.")


if __name__ == "__main__":
    sys.exit(main())
