"""Trade-offs in pictures: all policies by margin and household gain, and the exact curves between two objectives or limits."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.policy.comparison import REFERENCE, Comparison, Frontier, Outcome, Point
from optimizer.report.charts import AFTER, BEFORE, INK, LINE, axis, escaped, layout
from optimizer.report.compare.labels import Labels, is_objective
from optimizer.report.compare.placing import name_beside, places
from optimizer.report.parts import Cell, Chart, Part, Section, Text, table
from optimizer.report.wording import listed, number, percent, with_unit
from optimizer.texts import say

PICTURE = (1000, 470)
"""Pixels of the field of the scatter, for which names are placed; it is never drawn smaller."""

EDGES = {"l": 74, "r": 20, "t": 14, "b": 56}
ROOM = 0.06
"""Share of the range left free at every side of a picture."""

MOST_NAMES = 3
THIN = "#8a949e"
"""Colour of the line from a name to its point."""

THOUSANDS = {"separatethousands": True}
X, Y = "margin_yuan", "household_gain_yuan"


def tradeoffs(comparison: Comparison, labels: Labels) -> Section | None:
    """The scatter of policies and one curve per frontier; None where there is nothing to show."""
    parts: list[Part] = []
    shown = [o for o in labels.plans if X in o.figures and Y in o.figures]
    if len(shown) > 1:
        best = undominated(shown)
        names = listed((labels.policy(o.policy) for o in best), 12)
        chart = scatter(shown, labels)
        parts += [Text(say("compared.scatter_remark", policies=names)), chart]
        if len(chart.layout["annotations"]) < len(shown):
            parts.append(Text(say("compared.scatter_unnamed"), "note"))
    for place, frontier in enumerate(comparison.frontiers):
        parts += frontier_parts(frontier, place, labels)
    return Section("tradeoffs", say("compared.title.tradeoffs"), tuple(parts)) if parts else None


def undominated(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Plans of which none has both more margin and more household gain, by margin."""
    ordered = sorted(outcomes, key=lambda o: (-o.figures[X], -o.figures[Y], o.policy))
    found: list[Outcome] = []
    for outcome in ordered:
        if not found or outcome.figures[Y] > found[-1].figures[Y]:
            found.append(outcome)
    return found


def scatter(outcomes: Sequence[Outcome], labels: Labels) -> Chart:
    """Margin against household gain, a point per policy with its name; points that coincide share one."""
    unit, word = labels.money_unit
    best = {o.policy for o in undominated(outcomes)}
    # the reference and the best first: their names get the nearest places
    ranked = sorted(outcomes, key=lambda o: (o.policy != REFERENCE, o.policy not in best))
    xs, ys = [o.figures[X] / unit for o in ranked], [o.figures[Y] / unit for o in ranked]
    ranges = _range(xs), _range(ys)
    pixels = [
        (PICTURE[0] * (x - ranges[0][0]) / (ranges[0][1] - ranges[0][0]), PICTURE[1] * (ranges[1][1] - y) / (ranges[1][1] - ranges[1][0]))
        for x, y in zip(xs, ys, strict=True)
    ]
    groups = _together(pixels)
    texts = [listed_names([labels.policy(ranked[i].policy) for i in group]) for group in groups]
    spots = places([pixels[group[0]] for group in groups], texts, PICTURE)
    notes = [
        name_beside(xs[group[0]], ys[group[0]], text, spot, THIN, is_strong=ranked[group[0]].policy == REFERENCE)
        for group, text, spot in zip(groups, texts, spots, strict=True)
        if spot is not None
    ]
    drawn = ranked[::-1]  # the reference last, over all others
    colours = [LINE if o.policy == REFERENCE else AFTER if o.policy in best else BEFORE for o in drawn]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [round(x, 6) for x in reversed(xs)],
        "y": [round(y, 6) for y in reversed(ys)],
        "marker": {"size": 11, "color": colours, "line": {"width": 1, "color": INK}},
        "customdata": [_hint(o, labels) for o in drawn],
        "meta": [labels.link(o) for o in drawn],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    size = layout(
        PICTURE[1] + EDGES["t"] + EDGES["b"],
        margin=EDGES,
        annotations=notes,
        xaxis=axis(with_unit(say(f"compared.figure.{X}"), word), range=ranges[0], automargin=False, **THOUSANDS),
        yaxis=axis(with_unit(say(f"compared.figure.{Y}"), word), range=ranges[1], automargin=False, **THOUSANDS),
    )
    return Chart("scatter", say("compared.caption.scatter"), [trace], size, min_width=PICTURE[0] + EDGES["l"] + EDGES["r"], is_scaled=True)


def listed_names(names: Sequence[str]) -> str:
    return listed(names, MOST_NAMES)


def _together(pixels: Sequence[tuple[float, float]], near: float = 5.0) -> list[list[int]]:
    """Points by number, those that nearly coincide with an earlier one in its group."""
    groups: list[list[int]] = []
    for i, (x, y) in enumerate(pixels):
        own = next((g for g in groups if abs(pixels[g[0]][0] - x) <= near and abs(pixels[g[0]][1] - y) <= near), None)
        if own is None:
            groups.append([i])
        else:
            own.append(i)
    return groups


def _range(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    room = ROOM * (high - low) or max(abs(high), 1.0) * ROOM
    return [round(low - room, 6), round(high + room, 6)]


def _hint(outcome: Outcome, labels: Labels) -> str:
    return say(
        "compared.hint.policy",
        policy=escaped(labels.policy(outcome.policy)),
        margin=labels.money(outcome.figures[X]),
        gain=labels.money(outcome.figures[Y]),
        unit=labels.money_unit[1],
    )


# --- frontiers


def frontier_parts(frontier: Frontier, place: int, labels: Labels) -> list[Part]:
    """A curve with its points, what each step costs in a sentence, and a table that links to the plans."""
    reached = [point for point in frontier.points if point.x is not None and point.y is not None]
    parts: list[Part] = []
    if reached:
        parts += [Text(_ends(frontier, reached, labels)), curve(frontier, place, reached, labels), _points(frontier, labels)]
    missed = [_asked(frontier, point.limit, labels) for point in frontier.points if point.x is None or point.y is None]
    if missed:
        parts.append(Text(say("compared.frontier_missed", levels=listed(missed, 10), against=labels.objective(frontier.against)), "bad"))
    return parts


def curve(frontier: Frontier, place: int, reached: Sequence[Point], labels: Labels) -> Chart:
    """The most of one thing for each level of another; points that another beats are hollow and off the line."""
    word = labels.money_unit[1]
    xs = [_scaled(frontier, point.x, labels) for point in reached]
    ys = [(point.y or 0.0) / _y_unit(frontier, labels) for point in reached]
    kept = [i for i, point in enumerate(reached) if not point.is_dominated]
    line = {"type": "scatter", "mode": "lines", "x": [xs[i] for i in kept], "y": [ys[i] for i in kept], "hoverinfo": "skip"}
    colours = ["#ffffff" if point.is_dominated else AFTER for point in reached]
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": xs,
        "y": ys,
        "marker": {"size": 12, "color": colours, "line": {"width": 2, "color": AFTER}},
        "customdata": [_point_hint(frontier, point, labels) for point in reached],
        "meta": [labels.link(point.outcome) for point in reached],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    x_axis = with_unit(_x_title(frontier, labels), word) if _is_money(frontier) else _x_title(frontier, labels)
    y_axis = _y_title(frontier, labels)
    figure = layout(
        360,
        showlegend=False,
        margin={"l": 74, "r": 20, "t": 14, "b": 56},
        xaxis=axis(x_axis, range=_range(xs), **({"tickformat": ".0%"} if _is_share(frontier) else THOUSANDS)),
        yaxis=axis(y_axis if _is_per_head(frontier.maximise) else with_unit(y_axis, word), range=_range(ys), **THOUSANDS),
    )
    title = say("compared.caption.frontier", name=labels.policy(frontier.name), y=y_axis, x=_x_title(frontier, labels))
    if frontier.policy != REFERENCE:
        title = say("compared.caption.frontier_of", caption=title, policy=labels.policy(frontier.policy))
    return Chart(f"frontier-{place}", title, [{**line, "line": {"color": AFTER, "width": 2}}, points], figure, min_width=520)


def _x_title(frontier: Frontier, labels: Labels) -> str:
    """What lies across: what was reached of the measure of risk, or what the curve is held against."""
    return labels.weighed(frontier.weighed) if frontier.weighed else labels.objective(frontier.against)


def _y_title(frontier: Frontier, labels: Labels) -> str:
    is_expected = any(point.outcome.is_uncertain for point in frontier.points)
    return labels.expected(frontier.maximise) if is_expected else labels.objective(frontier.maximise)


def _is_money(frontier: Frontier) -> bool:
    """Whether what lies across is in the unit of money of the page."""
    return frontier.weighed is not None or (is_objective(frontier) and not _is_per_head(frontier.against))


def _is_per_head(objective: str) -> bool:
    return objective == "least_household_gain"


def _is_share(frontier: Frontier) -> bool:
    return not is_objective(frontier) and frontier.against.endswith("share")


def _y_unit(frontier: Frontier, labels: Labels) -> float:
    return 1.0 if _is_per_head(frontier.maximise) else labels.money_unit[0]


def _scaled(frontier: Frontier, value: float | None, labels: Labels) -> float:
    return round((value or 0.0) / (labels.money_unit[0] if _is_money(frontier) else 1.0), 6)


def _level(frontier: Frontier, value: float | None, labels: Labels) -> str:
    """What lies across at a point, as it is read."""
    if value is None:
        return ""
    if frontier.weighed:
        return labels.money(value)
    if not is_objective(frontier):
        return percent(value, 1) if _is_share(frontier) else number(value, 2)
    return number(value, 0) if _is_per_head(frontier.against) else labels.money(value)


def _asked(frontier: Frontier, limit: float, labels: Labels) -> str:
    """What was asked of ``against`` at a point, as it is read."""
    if frontier.weighed is None:
        return _level(frontier, limit, labels)
    return labels.money(limit) if frontier.against.endswith("_yuan") else number(limit, 2)


def _value(frontier: Frontier, value: float | None, labels: Labels) -> str:
    if value is None:
        return ""
    return number(value, 0) if _is_per_head(frontier.maximise) else labels.money(value)


def _ends(frontier: Frontier, reached: Sequence[Point], labels: Labels) -> str:
    """What giving up one thing for the other costs from one end of the curve to the other."""
    kept = [point for point in reached if not point.is_dominated] or list(reached)
    first, last = min(kept, key=lambda p: p.x or 0.0), max(kept, key=lambda p: p.x or 0.0)
    return say(
        "compared.frontier_ends",
        y=_y_title(frontier, labels),
        x=_x_title(frontier, labels),
        x_from=_level(frontier, first.x, labels),
        x_to=_level(frontier, last.x, labels),
        y_from=_value(frontier, first.y, labels),
        y_to=_value(frontier, last.y, labels),
    )


def _point_hint(frontier: Frontier, point: Point, labels: Labels) -> str:
    return say(
        "compared.hint.point",
        x=escaped(_x_title(frontier, labels)),
        y=escaped(_y_title(frontier, labels)),
        at=_level(frontier, point.x, labels),
        value=_value(frontier, point.y, labels),
        policy=escaped(labels.policy(point.outcome.policy)),
    )


def _points(frontier: Frontier, labels: Labels) -> Part:
    """The points as a table, each with a link to its plan."""
    unit = labels.money_unit[1]
    header = [say("compared.column.plan"), *([labels.objective(frontier.against)] if frontier.weighed else [])]
    header += [_x_title(frontier, labels), _y_title(frontier, labels)]
    beside = [column for column in (X, Y) if column not in (f"{frontier.against}_yuan", f"{frontier.maximise}_yuan")]
    of_years = (c for c in ("cvar_yuan", "worst_yuan") if any(c in point.outcome.figures for point in frontier.points))
    beside += [c for c in of_years if frontier.weighed is None or c != f"{frontier.weighed.measure}_yuan"]
    header += [say(f"compared.figure.{column}") for column in (*beside, "effective_products")] + [say("compared.column.remark")]
    rows = []
    for point in frontier.points:
        figures, outcome = point.outcome.figures, point.outcome
        remark = labels.status(outcome) if point.x is None else say("compared.dominated") if point.is_dominated else ""
        money = [labels.money(figures[c]) if c in figures else "" for c in beside]
        across = [_asked(frontier, point.limit, labels), _level(frontier, point.x, labels)]
        if frontier.weighed is None:
            across = [_level(frontier, point.x if point.x is not None else point.limit, labels)]
        cells = [*across, _value(frontier, point.y, labels), *money]
        effective = number(figures["effective_products"], 2) if "effective_products" in figures else ""
        name = Cell(labels.policy(outcome.policy), href=labels.link(outcome))
        rows.append([name, *(Cell(cell) for cell in cells), Cell(effective), Cell(remark, "quiet")])
    return table(header, rows, caption=with_unit(say("compared.caption.points"), unit))
