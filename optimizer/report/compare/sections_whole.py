"""Who stays whole: the company's share against the households' share, and the triangle in which no party loses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from optimizer.policy.comparison import Bearing, Comparison, Marked, Whole
from optimizer.policy.whole import corners
from optimizer.report.charts import INK, LINE, axis, escaped, layout
from optimizer.report.compare.labels import Labels
from optimizer.report.compare.placing import name_beside, places
from optimizer.report.naming import HUES, account, translucent
from optimizer.report.parts import Cell, Chart, Part, Points, Section, Text, table
from optimizer.report.wording import listed, percent, with_unit
from optimizer.texts import say

PICTURE = (660, 430)
"""Pixels of the field of the picture at its narrowest, for which names are placed."""

EDGES = {"l": 74, "r": 300, "t": 14, "b": 56}
SEPARATOR = "; "
"""Between names that hold commas themselves."""

MORE = 0.0005
"""Shares that differ by less read the same."""

DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("diamond", "square", "triangle-up", "circle", "star", "cross", "x")


def whole(comparison: Comparison, labels: Labels) -> Section | None:
    """A picture, sentences and a table per plan that was looked at."""
    parts: list[Part] = []
    for place, found in enumerate(comparison.wholes):
        if found.bearings:
            parts += _plan(found, place, labels)
    return Section("whole", say("compared.title.whole"), tuple(parts)) if parts else None


def _plan(found: Whole, place: int, labels: Labels) -> list[Part]:
    held = next((b for b in found.bearings if b.is_in_force), None)
    parts: list[Part] = [Text(say("compared.whole_of", policy=labels.policy(found.policy)), "lead")]
    if held is not None:
        parts.append(Points(tuple(sentences(held, found, labels))))
    parts += [picture(found, place, labels), Text(say("compared.whole_remark"), "note"), _bearings(found, labels)]
    return parts


def sentences(held: Bearing, found: Whole, labels: Labels) -> list[str]:
    """What the rule in force leaves room for, and which marked splits lie within."""
    texts = []
    for key, share, short in (("company", held.least_company_share, held.company_short), ("base", held.least_base_share, held.base_short)):
        name = labels.party(key, short) if short else ""
        if math.isinf(share):
            texts.append(say(f"compared.whole.{key}_never", name=name))
        else:
            texts.append(say(f"compared.whole.{key}" if name else f"compared.whole.{key}_free", share=percent(share, 1), name=name))
    most = held.most_household_share
    texts.append(
        say("compared.whole.most" if most >= 0 else "compared.whole.none", share=percent(most, 1))
        if math.isfinite(most)
        else say("compared.whole.nobody")
    )
    inside = [mark.name for mark in found.marks if mark.is_whole]
    outside = [mark.name for mark in found.marks if not mark.is_whole]
    if inside:
        texts.append(say("compared.whole.inside", splits=SEPARATOR.join(inside)))
    if outside:
        texts.append(say("compared.whole.outside", splits=SEPARATOR.join(outside)))
    best = max(found.bearings, key=lambda b: b.most_household_share)
    if best is not held and best.most_household_share > most + MORE and best.most_household_share >= 0:
        texts.append(say("compared.whole.better", bearing=bearing_name(best), share=percent(best.most_household_share, 1)))
    return texts


def bearing_name(bearing: Bearing) -> str:
    """Who bears which cost, in words."""
    bearers = [
        say("compared.borne", account=account(name), bearer=listed(say(f"compared.bearer.{who}") for who in by.split(" / ")))
        for name, by in bearing.borne_by.items()
    ]
    return listed(bearers)


def picture(found: Whole, place: int, labels: Labels) -> Chart:
    """The triangle of every way to bear the costs, the one in force filled, and the marked splits as points with names."""
    traces, number = [], 0
    for bearing in sorted(found.bearings, key=lambda b: not b.is_in_force):
        if corner := corners(bearing):
            traces.append(_triangle(bearing, corner, number))
            number += 1
    xs = [value for trace in traces for value in trace["x"]] + [mark.company_share for mark in found.marks]
    ys = [value for trace in traces for value in trace["y"]] + [mark.household_share for mark in found.marks]
    right, top = (min(max([*values, 0.3]) * 1.12, max([*values, 1.0])) for values in (xs, ys))
    left = min([*xs, 0.0])
    pixels = [(PICTURE[0] * (m.company_share - left) / (right - left), PICTURE[1] * (1 - m.household_share / top)) for m in found.marks]
    spots = places(pixels, [m.name for m in found.marks], PICTURE)
    notes = [
        name_beside(mark.company_share, mark.household_share, mark.name, spot, INK)
        for mark, spot in zip(found.marks, spots, strict=True)
        if spot is not None
    ]
    traces.append(_marks(found.marks))
    figure = layout(
        PICTURE[1] + EDGES["t"] + EDGES["b"],
        margin=EDGES,
        annotations=notes,
        legend={"x": 1.02, "xanchor": "left", "y": 1, "font": {"size": 11.5}},
        xaxis=axis(say("compared.axis.company_share"), range=[round(left, 6), round(right, 6)], tickformat=".0%", automargin=False),
        yaxis=axis(say("compared.axis.household_share"), range=[0, round(top, 6)], tickformat=".0%", automargin=False),
    )
    title = say("compared.caption.whole", policy=labels.policy(found.policy))
    return Chart(f"whole-{place}", title, traces, figure, min_width=PICTURE[0] + EDGES["l"] + EDGES["r"], is_scaled=True)


def _triangle(bearing: Bearing, corner: Sequence[tuple[float, float]], number: int) -> dict[str, Any]:
    closed = [*corner, corner[0]]
    hue = HUES[number % len(HUES)]
    look: dict[str, Any] = (
        {"fill": "toself", "fillcolor": translucent(hue, 0.28), "line": {"color": hue, "width": 3}}
        if bearing.is_in_force
        else {"line": {"color": hue, "width": 1.8, "dash": DASHES[number % len(DASHES)]}}
    )
    title = bearing_name(bearing)
    name = say("compared.in_force", bearing=title) if bearing.is_in_force else title
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "<br>".join(escaped(part) for part in name.split(", ")),
        "x": [round(c, 6) for c, _ in closed],
        "y": [round(h, 6) for _, h in closed],
        "hoverinfo": "skip",
        **look,
    }


def _marks(marks: Sequence[Marked]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [round(mark.company_share, 6) for mark in marks],
        "y": [round(mark.household_share, 6) for mark in marks],
        "marker": {
            "size": 11,
            "symbol": [SYMBOLS[i % len(SYMBOLS)] for i in range(len(marks))],
            "color": LINE,
            "line": {"width": 1, "color": "#ffffff"},
        },
        "customdata": [
            say(
                "compared.hint.split",
                name=escaped(mark.name),
                company=percent(mark.company_share, 1),
                households=percent(mark.household_share, 1),
                bases=percent(mark.base_share, 1),
            )
            for mark in marks
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _bearings(found: Whole, labels: Labels) -> Part:
    """The least shares of every way to bear the costs."""
    header = [say("compared.column.bearing")]
    header += [say(f"compared.column.{c}") for c in ("least_company", "least_base", "collective", "most_households")]
    rows = []
    for bearing in found.bearings:
        strong = "strong" if bearing.is_in_force else ""
        name = say("compared.in_force", bearing=bearing_name(bearing)) if bearing.is_in_force else bearing_name(bearing)
        most = bearing.most_household_share
        shares = (bearing.least_company_share, bearing.least_base_share, bearing.collective_share)
        cells = [Cell(_share(share), strong) for share in shares]
        rows.append(
            [Cell(name, strong), *cells, Cell(_share(most) if most >= 0 else say("compared.no_room"), "loss" if most < 0 else strong)]
        )
    return table(header, rows, caption=with_unit(say("compared.caption.bearings"), say("compared.of_sales")))


def _share(share: float) -> str:
    return percent(share, 1) if math.isfinite(share) else say("compared.no_share")
