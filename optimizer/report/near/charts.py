"""A picture of ranges: a bar from the least to the most of each figure, a line for the plan and a small mark for every alternative."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.report.charts import Figure, axis, escaped, in_lines, layout
from optimizer.texts import say

MARKS = (("#D55E00", "diamond"), ("#009E73", "triangle-up"), ("#CC79A7", "square"), ("#E69F00", "circle"), ("#56B4E9", "triangle-down"))
"""Colour and symbol of each alternative, so that they differ in grey as well."""

BAR = "#BFD4E8"
PLAN = {"symbol": "line-ns", "size": 26, "line": {"width": 4, "color": "#08306B"}}
ROW, HEAD = 44, 120
SPREAD = 0.5
"""The part of a row over which the marks of alternatives are spread, so that none covers another."""

BEYOND = 1.1
"""A bar without an end is drawn to this times the largest figure of its picture."""


@dataclass(frozen=True)
class Span:
    """A row: its name, the least, the plan's and the most of a figure, what the alternatives have, and hints in the same order."""

    label: str
    least: float
    plan: float
    most: float
    others: tuple[float, ...]
    hints: tuple[str, ...]


def spans(rows: Sequence[Span], alternatives: Sequence[str], title: str) -> Figure:
    """The rows from top to bottom; ``alternatives`` are the names of the marks, ``title`` that of the figure with its unit.

    The hints of a row are those of its bar, of the plan and of each alternative.
    """
    at = list(range(len(rows), 0, -1))
    end = BEYOND * max((v for row in rows for v in (row.plan, row.most, *row.others) if math.isfinite(v)), default=1.0)
    bar = {
        "type": "bar",
        "orientation": "h",
        "name": escaped(say("near.chart.range")),
        "y": at,
        "base": [round(row.least, 2) for row in rows],
        "x": [round(min(row.most, end) - row.least, 2) for row in rows],
        "width": 0.62,
        "marker": {"color": BAR, "line": {"width": 1, "color": "#6FA0CC"}},
    }
    traces = [_hinted(bar, [row.hints[0] for row in rows])]
    traces.append(_points([float(y) for y in at], [row.plan for row in rows], say("near.kind.plan"), PLAN, [row.hints[1] for row in rows]))
    for number, name in enumerate(alternatives):
        colour, symbol = MARKS[number % len(MARKS)]
        look = {"symbol": symbol, "size": 9, "color": colour, "line": {"width": 0.8, "color": "#1f2a33"}}
        beside = [y + SPREAD * (0.5 - (number + 0.5) / len(alternatives)) for y in at]
        traces.append(_points(beside, [row.others[number] for row in rows], name, look, [row.hints[2 + number] for row in rows]))
    return traces, _layout(rows, at, title)


def _points(at: list[float], values: list[float], title: str, look: dict[str, Any], hints: list[str]) -> dict[str, Any]:
    found = {"x": [round(value, 2) for value in values], "y": at, "marker": look, "name": escaped(title)}
    return _hinted({"type": "scatter", "mode": "markers", **found}, hints)


def _hinted(trace: dict[str, Any], hints: list[str]) -> dict[str, Any]:
    return {**trace, "customdata": [escaped(hint) for hint in hints], "hovertemplate": "%{customdata}<extra></extra>"}


def _layout(rows: Sequence[Span], at: list[int], title: str) -> dict[str, Any]:
    names = {"tickvals": at, "ticktext": [in_lines(row.label, 26) for row in rows], "range": [0.4, len(rows) + 0.6]}
    return layout(
        HEAD + ROW * len(rows),
        barmode="overlay",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        margin={"l": 8, "r": 24, "t": 8, "b": 8},
        xaxis=axis(title, tickformat=",~r", rangemode="tozero"),
        yaxis={**names, "showgrid": False, "zeroline": False, "automargin": True, "fixedrange": True},
    )
