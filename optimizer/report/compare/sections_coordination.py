"""Why a plan is needed: what bases count on when each plans alone, what comes of it, and seasons that follow last year's prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optimizer.instance.changes import UNCOORDINATED
from optimizer.policy.comparison import Comparison, Outcome, Season
from optimizer.report.charts import AFTER, BEFORE, LINE, axis, escaped, in_lines, layout
from optimizer.report.compare.labels import Labels
from optimizer.report.parts import Cell, Chart, Part, Section, Text, table
from optimizer.report.wording import FEN, money, number, percent, with_unit
from optimizer.texts import say

MOST_BASES, MOST_PRODUCTS = 20, 10
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def coordination(comparison: Comparison, labels: Labels) -> Section | None:
    """Planned beside realised by base, and the seasons; None where neither is known."""
    parts: list[Part] = []
    alone = next((o for o in comparison.outcomes if o.policy == UNCOORDINATED and o.expected), None)
    if alone is not None:
        parts += _alone(alone, labels)
    if comparison.seasons:
        parts += _seasons(comparison.seasons, labels)
    return Section("coordination", say("compared.title.coordination"), tuple(parts)) if parts else None


def _alone(alone: Outcome, labels: Labels) -> list[Part]:
    planned = sum(margin for _, margin in alone.expected.values())
    sentence = say("compared.planned_only", planned=money(planned * FEN))
    if alone.realised:
        came = sum(margin for _, margin in alone.realised.values())
        worse = [base for base, (_, margin) in alone.expected.items() if base in alone.realised and alone.realised[base][1] < margin]
        share = percent(came / planned) if planned > 0 else ""
        sentence = say(
            "compared.planned_came",
            planned=money(planned * FEN),
            came=money(came * FEN),
            share=share,
            bases=number(len(worse)),
            all=number(len(alone.expected)),
        )
    parts: list[Part] = [Text(sentence, "bad" if alone.realised else "")]
    order = sorted(alone.expected, key=lambda base: (-alone.expected[base][1], base))
    parts.append(_planned_chart(alone, order[:MOST_BASES], labels))
    parts.append(_planned_table(alone, order, labels))
    return parts


def _planned_chart(alone: Outcome, bases: Sequence[str], labels: Labels) -> Chart:
    unit, word = labels.money_unit
    at = list(range(len(bases), 0, -1))
    traces = []
    for key, colour, pattern, figures in (("came", AFTER, "", alone.realised), ("planned", BEFORE, "/", alone.expected)):
        if not figures:
            continue
        values = [figures[base][1] / unit if base in figures else None for base in bases]
        colours = [LINE if value is not None and value < 0 else colour for value in values]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": say(f"compared.series.{key}"),
                "y": at,
                "x": [None if value is None else round(value, 6) for value in values],
                "marker": {"color": colours, "pattern": {"shape": pattern, "fillmode": "overlay", "solidity": 0.25, "fgcolor": "#ffffff"}},
                "hovertemplate": "%{x:,.2f}<extra></extra>",
            }
        )
    ticks = {"tickvals": at, "ticktext": [in_lines(labels.names.of("bases", base), 30) for base in bases], "zeroline": False}
    figure = layout(
        110 + 46 * len(bases),
        barmode="group",
        bargap=0.3,
        legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
        xaxis=axis(with_unit(say("compared.figure.margin_yuan"), word), separatethousands=True),
        yaxis={**ticks, "automargin": True, "fixedrange": True, "showgrid": False},
    )
    return Chart("planned", say("compared.caption.planned"), traces, figure, min_width=420)


def _planned_table(alone: Outcome, bases: Sequence[str], labels: Labels) -> Part:
    header = [say("report.column.base")]
    header += [say(f"compared.column.{c}") for c in ("planned_sales", "came_sales", "planned_margin", "came_margin", "missed")]
    rows = []
    for base in bases:
        planned, came = alone.expected[base], alone.realised.get(base)
        figures = [planned[0], None if came is None else came[0], planned[1], None if came is None else came[1]]
        figures.append(None if came is None else came[1] - planned[1])
        cells = [Cell("") if v is None else Cell(labels.money(v), "loss" if v < 0 else "") for v in figures]
        rows.append([Cell(labels.names.of("bases", base)), *cells])
    return table(header, rows, caption=with_unit(say("compared.caption.planned"), labels.money_unit[1]))


# --- seasons


def _seasons(seasons: Sequence[Season], labels: Labels) -> list[Part]:
    margins = [season.margin_yuan for season in seasons]
    short = sum(season.margin_yuan < season.expected_margin_yuan for season in seasons)
    low, high = min(margins), max(margins)
    text = say("compared.seasons", count=number(len(seasons)), low=money(low * FEN), high=money(high * FEN), short=number(short))
    unit, word = labels.money_unit
    at = [season.season for season in seasons]
    lines = [
        _line(say("compared.series.expected"), at, [s.expected_margin_yuan / unit for s in seasons], BEFORE, "dash"),
        _line(say("compared.series.came"), at, [margin / unit for margin in margins], AFTER, "solid"),
    ]
    parts: list[Part] = [
        Text(text),
        _lines("season-margin", say("compared.caption.season_margin"), lines, say("compared.figure.margin_yuan"), word),
    ]
    for key, table_of, word in (
        ("area", [s.area_mu for s in seasons], "mu"),
        ("price", [s.price_yuan_per_kg for s in seasons], "yuan_per_kg"),
    ):
        traces = _by_product(at, table_of, labels)
        if traces:
            title = say(f"compared.caption.season_{key}")
            parts.append(_lines(f"season-{key}", title, traces, say(f"compared.series.{key}"), say(f"report.unit.{word}")))
    return parts


def _by_product(at: Sequence[int], seasons: Sequence[Mapping[str, float]], labels: Labels) -> list[dict[str, Any]]:
    """A line per product, the largest first; a season without the product is a gap."""
    largest: dict[str, float] = {}
    for season in seasons:
        for product, value in season.items():
            largest[product] = max(largest.get(product, 0.0), value)
    shown = sorted(largest, key=lambda product: (-largest[product], product))[:MOST_PRODUCTS]
    return [
        _line(
            labels.names.of("products", product),
            at,
            [season.get(product) for season in seasons],
            labels.names.colour(product),
            DASHES[place % len(DASHES)],
        )
        for place, product in enumerate(shown)
    ]


def _line(name: str, at: Sequence[int], values: Sequence[float | None], colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": escaped(name),
        "x": list(at),
        "y": [None if value is None else round(value, 6) for value in values],
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "marker": {"size": 7, "color": colour},
        "hovertemplate": "%{y:,.2f}<extra>%{fullData.name}</extra>",
    }


def _lines(name: str, caption: str, traces: list[dict[str, Any]], title: str, unit: str) -> Chart:
    figure = layout(
        330,
        margin={"l": 74, "r": 12, "t": 8, "b": 50},
        legend={"orientation": "v", "x": 1.01, "xanchor": "left", "y": 1},
        xaxis=axis(say("compared.series.season"), dtick=1),
        yaxis=axis(with_unit(title, unit), rangemode="tozero", separatethousands=True),
    )
    return Chart(name, caption, traces, figure, min_width=620)
