"""Draw the curves and latencies of results as SVG files."""

from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import pygal
from pygal.style import CleanStyle

from tests.benchmarks.results import Result

_PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)


def draw(results: dict[str, Result], folder: Path) -> list[Path]:
    """Write a plot for each row that has something to draw; return their paths."""
    drawn = []
    for name, result in results.items():
        for kind, chart in _charts(result):
            path = folder / f"{name}-{kind}.svg"
            path.write_bytes(chart.render())
            drawn.append(path)
    return drawn


def _charts(result: Result) -> Iterator[tuple[str, Any]]:
    if not result.pairs:
        return
    # Of the pair whose ratio is the median, since points of different pairs do not belong together.
    pair = sorted(result.pairs, key=lambda pair: pair.ratio)[len(result.pairs) // 2]
    if curve := pair.details.get("curve"):
        yield "curve", _chart(result.title, curve["x"], curve["y"], curve["lines"])
    if latencies := pair.details.get("latencies"):
        lines = {name: _percentiles(values) for name, values in latencies.items()}
        yield "latencies", _chart(result.title, "percentile", "milliseconds", lines)


def _percentiles(values: list[float]) -> list[tuple[int, float]]:
    cuts = quantiles(values, n=100)
    return [(percentile, cuts[percentile - 1]) for percentile in _PERCENTILES]


def _chart(title: str, x_title: str, y_title: str, lines: dict[str, Any]) -> Any:
    chart = pygal.XY(
        title=title,
        x_title=x_title,
        y_title=y_title,
        style=CleanStyle,
        legend_at_bottom=True,
        width=800,
        height=450,
        min_scale=4,
        range=(0, max(y for points in lines.values() for _x, y in points)),
        x_labels=sorted({x for points in lines.values() for x, _y in points}),
        js=[],  # pygal's default is a script from the internet
        no_prefix=True,
        pretty_print=True,
    )
    for name, points in lines.items():
        chart.add(name, [tuple(point) for point in points])
    return chart
