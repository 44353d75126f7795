"""Pictures of possible years: bands with every year as a point (a fan), and bars or points with a line for each year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.report.charts import AFTER, Figure, axis, escaped, in_lines, layout
from optimizer.report.season.spread import Spread
from optimizer.texts import say

MOST_LABELS = 60
"""Years that have a line with a name each; more are drawn closer, without names."""

ROW, TALLEST = 20, 600
BAND, INNER = "#BFD4E8", "#6FA0CC"
MIDDLE_LOOK = {"symbol": "line-ns", "size": 19, "line": {"width": 3, "color": "#08306B"}}
MEAN_LOOK = {"symbol": "diamond", "size": 9, "color": "#111111", "line": {"width": 1, "color": "#ffffff"}}
LEGEND = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"}


@dataclass(frozen=True)
class FanRow:
    """A row of a fan: its name, the spread of its figure and every year's figure with a hint."""

    label: str
    spread: Spread
    values: tuple[float, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Dots:
    """A point per year: ``symbol`` is plotly's; ``hints`` stand beside the pointer."""

    title: str
    colour: str
    symbol: str
    values: tuple[float, ...]
    hints: tuple[str, ...]


def fan(rows: Sequence[FanRow], title: str) -> Figure:
    """Lying bands, the first row at the top: all years (a thin line), eight of ten years, the middle half, the middle
    year, the mean, and below each band every year as a point."""
    at = list(range(len(rows), 0, -1))
    spreads = [row.spread for row in rows]
    traces = [
        _band(at, [(s.low, s.high) for s in spreads], say("season.fan.all"), "#7d8a96", 0.05),
        _band(at, [(s.tenth, s.ninetieth) for s in spreads], say("season.fan.eight"), BAND, 0.46),
        _band(at, [(s.quarter, s.three_quarters) for s in spreads], say("season.fan.half"), INNER, 0.46),
        _points(at, [s.middle for s in spreads], say("season.fan.middle"), MIDDLE_LOOK),
        _points(at, [s.mean for s in spreads], say("season.fan.mean"), MEAN_LOOK),
    ]
    years = {
        "x": [round(value, 2) for row in rows for value in row.values],
        "y": [place - 0.36 for place, row in zip(at, rows, strict=True) for _ in row.values],
        "customdata": [escaped(hint) for row in rows for hint in row.hints],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {"symbol": "circle", "size": 6, "color": "rgba(193,39,45,0.45)", "line": {"width": 0.5, "color": "#ffffff"}},
    }
    traces.append({"type": "scatter", "mode": "markers", "name": escaped(say("season.fan.year")), **years})
    figure = layout(
        110 + 58 * len(rows),
        barmode="overlay",
        legend=LEGEND,
        margin={"l": 8, "r": 24, "t": 8, "b": 8},
        xaxis=axis(title, tickformat=",~r"),
        yaxis=_rows_axis(at, [row.label for row in rows], 30, (0.45, len(rows) + 0.5)),
    )
    return traces, figure


def _band(at: list[int], ends: list[tuple[float, float]], title: str, colour: str, width: float) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": escaped(title),
        "y": at,
        "base": [round(low, 2) for low, _ in ends],
        "x": [round(high - low, 2) for low, high in ends],
        "width": width,
        "marker": {"color": colour, "line": {"width": 0}},
        "hoverinfo": "skip",
    }


def _points(at: list[int], values: list[float], title: str, marker: dict[str, Any]) -> dict[str, Any]:
    found = {"x": [round(value, 2) for value in values], "y": at, "marker": marker, "hovertemplate": "%{x:,.1f}<extra></extra>"}
    return {"type": "scatter", "mode": "markers", "name": escaped(title), **found}


def dots_by_year(labels: Sequence[str], series: Sequence[Dots], title: str, is_joined: bool = False) -> Figure:
    """A line per year, the first at the top, with a point of every series; ``is_joined`` draws a bar between the first two."""
    at = list(range(len(labels), 0, -1))
    traces: list[dict[str, Any]] = []
    if is_joined:
        pairs = list(zip(series[0].values, series[1].values, strict=True))
        bridge = _band(at, [(min(pair), max(pair)) for pair in pairs], "", "#C9CED3", 0.18)
        traces.append({**bridge, "showlegend": False})
    for dots in series:
        line = {"width": 2, "color": dots.colour} if dots.symbol.endswith("-open") else {"width": 0.5, "color": "#ffffff"}
        found = {"x": [round(value, 2) for value in dots.values], "y": at, "customdata": [escaped(hint) for hint in dots.hints]}
        marker = {"symbol": dots.symbol, "size": 9, "color": dots.colour, "line": line}
        traces.append(
            {"type": "scatter", "mode": "markers", "name": escaped(dots.title), **found, "marker": marker,
             "hovertemplate": "%{customdata}<extra></extra>"}
        )  # fmt: skip
    return traces, _year_layout(at, labels, title)


def bars_by_year(labels: Sequence[str], bars: Dots, title: str) -> Figure:
    """A lying bar per year, the first at the top."""
    at = list(range(len(labels), 0, -1))
    bar = {
        "type": "bar",
        "orientation": "h",
        "name": escaped(bars.title),
        "showlegend": False,
        "y": at,
        "x": [round(value, 2) for value in bars.values],
        "marker": {"color": bars.colour},
        "customdata": [escaped(hint) for hint in bars.hints],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    figure = _year_layout(at, labels, title)
    figure["bargap"] = 0.25 if len(labels) <= MOST_LABELS else 0
    figure["margin"] = {**figure["margin"], "t": 46}  # room for the name of a line across
    return [bar], figure


def _year_layout(at: list[int], labels: Sequence[str], title: str) -> dict[str, Any]:
    is_named = len(labels) <= MOST_LABELS
    height = 110 + (ROW * len(labels) if is_named else TALLEST)
    places, names = (at, list(labels)) if is_named else ([], [])
    return layout(
        height,
        barmode="overlay",
        legend=LEGEND,
        margin={"l": 8, "r": 24, "t": 8, "b": 8},
        xaxis=axis(title, tickformat=",~r"),
        yaxis={**_rows_axis(places, names, 44, (0.3, len(labels) + 0.7)), "showgrid": is_named},
    )


def _rows_axis(at: list[int], labels: Sequence[str], columns: int, span: tuple[float, float]) -> dict[str, Any]:
    names = [in_lines(label, columns) for label in labels]
    look = {"showgrid": False, "gridcolor": "#eceff2", "zeroline": False, "automargin": True, "fixedrange": True}
    return {"tickvals": at, "ticktext": names, "tickfont": {"size": 12}, "range": list(span), **look}


SERIES = ((AFTER, "circle"), ("#D55E00", "diamond-open"), ("#009E73", "triangle-right"))
"""Colour and symbol of the series of a picture by year, so that they differ in grey as well."""
