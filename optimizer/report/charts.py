"""Plotly figures as plain data: flows, histograms and stacked bars, with every name made harmless.

Plotly reads some HTML in labels; names of an instance are escaped so that they are shown as they are written. Nothing
here draws a random number or asks the time, so that the same plan gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.report.naming import wrapped

FONT = '"Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "Segoe UI", Arial, sans-serif'
INK = "#1f2a33"
GRID = "#d5dbe1"
BEFORE, AFTER, LINE = "#B4BCC4", "#0B4F8A", "#C1272D"
CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False}
PATTERNS = ("", "/", "x", ".", "\\", "-", "|", "+")
"""Patterns beside colours, so that bars differ in grey as well."""


Figure = tuple[list[dict[str, Any]], dict[str, Any]]
"""Traces and layout."""


@dataclass(frozen=True)
class Node:
    """A node of a flow: ``column`` from 0 at the left, in the order in which nodes stand from top to bottom."""

    key: str
    label: str
    colour: str
    column: int


@dataclass(frozen=True)
class Link:
    source: str
    target: str
    value: float
    colour: str
    hint: str


def escaped(text: str) -> str:
    """A text that plotly shows as it is written: its signs for markup as entities."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def in_lines(text: str, columns: int) -> str:
    """The text broken into lines and made harmless."""
    return "<br>".join(escaped(line) for line in wrapped(text, columns))


def to_json(data: Any) -> str:
    """JSON that can stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (
        text.replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def layout(height: int, **more: Any) -> dict[str, Any]:
    """The common look of all figures."""
    return {
        "height": height,
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "dragmode": False,
        "separators": ".,",
        "hoverlabel": {"bgcolor": "#ffffff", "font": {"color": INK, "size": 13}, "align": "left"},
        **more,
    }


def axis(title: str, **more: Any) -> dict[str, Any]:
    return {
        "title": {"text": escaped(title)},
        "gridcolor": GRID,
        "zerolinecolor": "#8a949e",
        "fixedrange": True,
        "automargin": True,
        **more,
    }


def flows(nodes: Sequence[Node], links: Sequence[Link], height: int, sides: tuple[int, int]) -> Figure:
    """A Sankey diagram whose nodes stand where they are told to: by column, in the order given.

    ``sides`` are the margins in pixels that hold the labels of the first and of the last column.
    """
    number = {node.key: i for i, node in enumerate(nodes)}
    links = sorted(links, key=lambda link: (number[link.source], number[link.target]))
    inner = height - 2 * EDGE
    places = _places(nodes, links, inner)
    last = max(node.column for node in nodes)
    outer = {node.key for node in nodes if node.column in (0, last)}
    trace = {
        "type": "sankey",
        "arrangement": "fixed",
        "textfont": {"size": 12.5, "color": INK},
        "node": {
            "label": ["" if node.key in outer else in_lines(node.label, 60) for node in nodes],
            "customdata": [escaped(node.label) for node in nodes],
            "color": [node.colour for node in nodes],
            "x": [places[node.key][0] for node in nodes],
            "y": [places[node.key][1] for node in nodes],
            "pad": PAD,
            "align": "left",
            "sort": "input",
            "thickness": 14,
            "line": {"width": 0.5, "color": "#5b6670"},
            "hovertemplate": "%{customdata}<extra></extra>",
        },
        "link": {
            "source": [number[link.source] for link in links],
            "target": [number[link.target] for link in links],
            "value": [round(link.value, 6) for link in links],
            "color": [link.colour for link in links],
            "customdata": [escaped(link.hint) for link in links],
            "hovertemplate": "%{customdata}<extra></extra>",
            "sort": "input",
        },
    }
    annotations = [_side_label(node, places[node.key][1], sides, last) for node in nodes if node.key in outer]
    margin = {"l": sides[0], "r": sides[1], "t": EDGE, "b": EDGE}
    return [trace], layout(height, margin=margin, annotations=annotations)


EDGE, PAD = 14, 16


def _side_label(node: Node, y: float, sides: tuple[int, int], last: int) -> dict[str, Any]:
    """The label of a node of the first or last column, in the margin beside it."""
    is_left = node.column == 0
    room = round((sides[0] if is_left else sides[1]) / 6.4)
    return {
        "text": in_lines(node.label, room),
        "x": 0 if is_left else 1,
        "y": round(1 - y, 4),
        "xref": "paper",
        "yref": "paper",
        "xanchor": "right" if is_left else "left",
        "yanchor": "middle",
        "xshift": -6 if is_left else 6,
        "align": "right" if is_left else "left",
        "showarrow": False,
        "font": {"size": 12.5},
    }


def _places(nodes: Sequence[Node], links: Sequence[Link], height: float) -> dict[str, tuple[float, float]]:
    """The middle of each node as shares of width and height, each column spread over the whole height."""
    through: dict[str, float] = {}
    for node in nodes:
        came = sum(link.value for link in links if link.target == node.key)
        went = sum(link.value for link in links if link.source == node.key)
        through[node.key] = max(came, went)
    columns = sorted({node.column for node in nodes})
    members = {c: [n for n in nodes if n.column == c] for c in columns}
    scale = min((height - PAD * (len(m) - 1)) / max(sum(through[n.key] for n in m), 1e-9) for m in members.values())
    places = {}
    for c, column in members.items():
        free = height - sum(through[n.key] for n in column) * scale
        gap = min(free / len(column), 3 * PAD) if len(column) < 4 else free / max(len(column) - 1, 1)
        top = (free - gap * (len(column) - 1)) / 2
        for node in column:
            tall = through[node.key] * scale
            middle = (top + tall / 2) / height
            places[node.key] = (round(0.001 + 0.998 * c / max(columns[-1], 1), 4), round(min(max(middle, 0.001), 0.999), 4))
            top += tall + gap
    return places


def before_and_after(
    edges: np.ndarray, counts: Mapping[str, np.ndarray], titles: Mapping[str, str], hints: Mapping[str, list[str]], axes: tuple[str, str]
) -> Figure:
    """A histogram of ``before`` as grey columns and of ``after`` as a line over them."""
    step = float(edges[1] - edges[0])
    columns = {
        "type": "bar",
        "x": [float(edge) + step / 2 for edge in edges[:-1]],
        "y": [float(count) for count in counts["before"]],
        "width": step,
        "marker": {"color": BEFORE, "line": {"width": 0}},
    }
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [float(edge) for edge in edges],
        "y": [float(count) for count in (*counts["after"], counts["after"][-1])],
        "line": {"color": AFTER, "width": 3, "shape": "hv"},
    }
    traces = [
        {
            **trace,
            "name": escaped(titles[when]),
            "customdata": [escaped(h) for h in hints[when]],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        for when, trace in (("before", columns), ("after", line))
    ]
    figure = layout(
        360,
        barmode="overlay",
        bargap=0,
        margin={"l": 64, "r": 12, "t": 44, "b": 8},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        xaxis=axis(axes[0], range=[float(edges[0]), float(edges[-1])], tickformat=",d"),
        yaxis=axis(axes[1], rangemode="tozero", tickformat=",d"),
    )
    return traces, figure


def mark(figure: dict[str, Any], x: float, label: str, is_left: bool) -> None:
    """A dashed line across a figure with its label above, on the side that has room."""
    line = {"color": LINE, "width": 2, "dash": "dash"}
    figure["shapes"] = [{"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}]
    side = {"xanchor": "left", "xshift": 5} if is_left else {"xanchor": "right", "xshift": -5}
    text = {"text": in_lines(label, 20), "font": {"color": LINE, "size": 12}, "align": "left", "showarrow": False}
    figure["annotations"] = [{"x": x, "y": 1, "yref": "paper", "yanchor": "bottom", **side, **text}]


@dataclass(frozen=True)
class Stack:
    """One colour of stacked bars, with a figure and a hint per bar."""

    title: str
    colour: str
    pattern: str
    values: list[float]
    hints: list[str]


def stacked_bars(labels: Sequence[str], stacks: Sequence[Stack], total: tuple[str, list[float]], title: str) -> Figure:
    """Lying bars, the first label at the top; losses stand left of zero, the sum is a diamond."""
    at = list(range(len(labels), 0, -1))
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": escaped(stack.title),
            "y": at,
            "x": [round(value, 2) for value in stack.values],
            "marker": {
                "color": stack.colour,
                "line": {"width": 0.5, "color": "#ffffff"},
                "pattern": {"shape": stack.pattern, "fillmode": "overlay", "solidity": 0.25, "fgcolor": "#ffffff"},
            },
            "customdata": [escaped(hint) for hint in stack.hints],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        for stack in stacks
    ]
    look = {"symbol": "diamond", "size": 9, "color": "#111111", "line": {"width": 1, "color": "#ffffff"}}
    points = {
        "type": "scatter",
        "mode": "markers",
        "name": escaped(total[0]),
        "y": at,
        "x": [round(v, 2) for v in total[1]],
        "marker": look,
    }
    traces.append({**points, "hovertemplate": "%{x:,.0f}<extra></extra>"})
    ticks = {"tickvals": at, "ticktext": [in_lines(label, 36) for label in labels], "showgrid": False, "zeroline": False}
    figure = layout(
        110 + 38 * len(labels),
        barmode="relative",
        bargap=0.3,
        legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis=axis(title, tickformat=",d"),
        yaxis={**ticks, "automargin": True, "fixedrange": True},
    )
    return traces, figure
