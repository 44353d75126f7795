"""Incomes on the audit's page: before, as planned and as paid, with the measures and how gains tie to the money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from optimizer.audit.audit import Audit
from optimizer.audit.incomes import line_of
from optimizer.audit.matching import KINDS
from optimizer.household.measures import form_name, measure_meanings, measure_names
from optimizer.instance.privacy import suppress_small
from optimizer.report.audit.sections_money import small_groups
from optimizer.report.audit.tables import FEN, MOMENTS, Tables
from optimizer.report.charts import AFTER, BEFORE, LINE, axis, before_and_after, layout, mark
from optimizer.report.naming import Names
from optimizer.report.parts import Cell, Chart, Part, Section, Text, table
from optimizer.report.sections.households import income_classes
from optimizer.report.wording import exact, number, percent
from optimizer.texts import say

PLANNED = "#E69F00"
COLOURS = {"before": BEFORE, "planned": PLANNED, "paid": AFTER}
DASHES = {"before": "dot", "planned": "dash", "paid": "solid"}
LEVELS = (
    "persons", "mean_income", "not_positive", "poor", "headcount", "poverty_gap", "poverty_severity", "total_gap", "watts", "sen",
    "sen_shorrocks_thon", "gini", "theil_t", "mean_log_deviation", "generalised_entropy", "atkinson", "palma", "s80_s20",
)  # fmt: skip
CHANGES = (
    "coverage", "coverage_of_poor", "exclusion_error", "inclusion_error", "leakage", "adequacy", "losers", "vertical_efficiency",
    "spill_over", "reduction_efficiency", "gap_efficiency", "mean_growth_of_poor", "gain_share", "coady_grosh_hoddinott",
    "headcount_drop", "poverty_gap_drop",
)  # fmt: skip
VILLAGE = ("persons", "mean_income", "headcount", "poverty_gap", "gini")


def incomes(audit: Audit, found: Tables, names: Names) -> Section | None:
    """Histogram against the line, Lorenz curves, and people below the line of every year."""
    moments = known_moments(audit)
    if len(moments) < 2:
        return None
    parts: list[Part] = [Text(say("audited.incomes_remark"), "note"), _histogram(audit, moments)]
    if "measures" in found:
        parts += _curves(found["measures"], moments)
        parts.append(_lines(audit, found["measures"], moments))
    return Section("incomes", say("audited.title.incomes"), tuple(parts))


def known_moments(audit: Audit) -> list[str]:
    """Of before, planned and paid those at which every household's income is known."""
    people = audit.incomes
    return [m for m in MOMENTS if len(people) and people[f"income_{m}_fen"].notna().all()]


def _histogram(audit: Audit, moments: Sequence[str]) -> Chart:
    last = moments[-1]
    people = audit.incomes.rename(columns={f"income_{last}_fen": "income_after_fen"})
    edges, counts = income_classes(people)
    step = float(edges[1] - edges[0])
    titles = {"before": say("audited.moment.before"), "after": say(f"audited.moment.{last}")}
    hints = {
        when: [
            say("report.histogram_hint", count=number(c), low=number(e), high=number(e + step)) for c, e in zip(found, edges, strict=False)
        ]
        for when, found in counts.items()
    }
    data, figure = before_and_after(edges, counts, titles, hints, (say("report.axis.income"), say("report.axis.people")))
    if last == "paid" and "planned" in moments:
        _, also = income_classes(people.assign(income_after_fen=people["income_planned_fen"]))
        if len(also["after"]) == len(counts["after"]):
            data.append(_planned_line(data[-1], also["after"]))
    line = line_of(audit.books.instance)
    if line is not None:
        yuan, year = float(line) / FEN, audit.books.instance.settings.poverty_line_year
        mark(figure, yuan, say("report.axis.line", year=year, line=number(yuan)), is_left=yuan < edges[-1] / 2)
    return Chart("incomes", say("audited.caption.histogram"), data, figure)


def _planned_line(paid: dict[str, Any], counts: np.ndarray) -> dict[str, Any]:
    heights = [float(count) for count in (*counts, counts[-1])]
    line = {"color": PLANNED, "width": 2, "dash": "dash", "shape": "hv"}
    return {
        **paid,
        "y": heights,
        "line": line,
        "name": say("audited.moment.planned"),
        "customdata": [],
        "hovertemplate": "%{y:,d}<extra></extra>",
    }


def _curves(measures: pd.DataFrame, moments: Sequence[str]) -> list[Part]:
    """The Lorenz curve, and times the mean income the generalised one, at each tenth of the people."""
    found: list[Part] = []
    tenths = [step / 10 for step in range(11)]
    for measure, unit, shape in (("lorenz", 1.0, ".0%"), ("generalised_lorenz", FEN, ",.0f")):
        traces = []
        for moment in moments:
            values = _of_everybody(measures, measure, moment)
            if len(values) == 10 and all(value is not None for value in values):
                traces.append(_curve(moment, tenths, [0.0, *(round(float(v) / unit, 6) for v in values)], shape))
        if not traces:
            continue
        if measure == "lorenz":
            equal = {"color": LINE, "width": 1, "dash": "dot"}
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": say("audited.equal"),
                    "x": tenths,
                    "y": tenths,
                    "line": equal,
                    "hoverinfo": "skip",
                }
            )
        figure = layout(
            340, margin={"l": 64, "r": 12, "t": 44, "b": 8}, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            xaxis=axis(say("audited.axis.people"), range=[0, 1], tickformat=".0%"),
            yaxis=axis(say(f"audited.axis.{measure}"), rangemode="tozero", tickformat=shape),
        )  # fmt: skip
        found.append(Chart(measure.replace("_", "-"), say(f"audited.caption.{measure}"), traces, figure))
    return found


def _curve(moment: str, tenths: list[float], values: list[float], shape: str) -> dict[str, Any]:
    line = {"color": COLOURS[moment] if moment != "before" else "#7C8790", "width": 2.5, "dash": DASHES[moment]}
    hover = "%{x:.0%}: %{y:" + shape + "}<extra></extra>"
    return {
        "type": "scatter",
        "mode": "lines",
        "name": say(f"audited.moment.{moment}"),
        "x": tenths,
        "y": values,
        "line": line,
        "hovertemplate": hover,
    }


def _of_everybody(measures: pd.DataFrame, measure: str, moment: str) -> list[Any]:
    rows = measures[(measures["measure"] == measure) & (measures["group_by"] == "all") & (measures["moment"] == moment)]
    return rows["value"].tolist()


def _lines(audit: Audit, measures: pd.DataFrame, moments: Sequence[str]) -> Part:
    """People below the line of every year of the table, before and after."""
    mine = measures[(measures["group_by"] == "all") & measures["measure"].isin(["poor", "headcount"])]
    values = mine.set_index(["line_year", "measure", "moment"])["value"]
    lines = audit.books.instance.table("poverty_lines").set_index("year")["line_yuan"]
    rows = []
    for year in sorted(lines.index):
        cells = [
            say("audited.heads", count=number(values[year, "poor", m]), share=percent(float(values[year, "headcount", m]), 1))
            for m in moments
        ]
        tone = "strong" if year == audit.books.instance.settings.poverty_line_year else ""
        rows.append([Cell(text, tone) for text in (str(year), f"{lines[year]:,g}", *cells)])
    header = [say("audited.column.year"), say("audited.column.line"), *(say(f"audited.moment.{m}") for m in moments)]
    return table(header, rows, caption=say("audited.caption.lines"))


def measured(audit: Audit, found: Tables, names: Names) -> Section | None:
    """Every measure for everybody, then the main ones by village, without small groups."""
    if "measures" not in found or not (found["measures"]["measure"] == "gini").any():
        return None
    measures, moments = found["measures"], known_moments(audit)
    year = audit.books.instance.settings.poverty_line_year
    main = measures[measures["line_year"] == year]
    parts: list[Part] = [Text(say("audited.measures_of", year=year), "note")]
    parts.append(_of_all(main, LEVELS, moments, say("audited.caption.levels")))
    later = [m for m in moments if m != "before"]
    if later:
        parts.append(_of_all(main, CHANGES, later, say("audited.caption.changes")))
    parts += [_by_village(audit, main, moments, names), small_groups(audit)]
    return Section("measures", say("audited.title.measures"), tuple(parts))


def _of_all(measures: pd.DataFrame, wanted: Sequence[str], moments: Sequence[str], caption: str) -> Part:
    named, meanings = measure_names(), measure_meanings()
    mine = measures[measures["group_by"] == "all"]
    rows = []
    for measure in wanted:
        for form, part in mine[mine["measure"] == measure].groupby("form", sort=False):
            by = part.set_index("moment")
            cells = [_value(by.loc[m, "value"], str(by.loc[m, "unit"])) if m in by.index else "" for m in moments]
            if any(cells):
                says = say("audited.measure_and_form", measure=named[measure], form=form_name(str(form))) if form else named[measure]
                rows.append([Cell(says), Cell(meanings[measure], "quiet"), *map(Cell, cells)])
    header = [say("report.column.measure"), say("audited.column.meaning"), *(say(f"audited.moment.{m}") for m in moments)]
    return table(header, rows, caption=caption, text_columns=2)


def _value(value: Any, unit: str) -> str:
    """A measure's value with its unit; nothing where it is absent."""
    if value is None or pd.isna(value):
        return ""
    if unit == "fen":
        return say("report.amount.yuan", amount=exact(round(value)))
    if unit == "fen_per_head":
        return say("report.amount.yuan", amount=number(float(value) / FEN, 2))
    return percent(float(value), 2) if unit == "share" else number(value) if unit == "persons" else number(float(value), 4)


def _by_village(audit: Audit, measures: pd.DataFrame, moments: Sequence[str], names: Names) -> Part:
    """Main measures per village; a village with few households has none."""
    mine = measures[(measures["group_by"] == "village") & (measures["form"] != "contribution") & measures["measure"].isin(VILLAGE)]
    wide = mine.pivot_table(index="group", columns=["measure", "moment"], values="value", aggfunc="first", dropna=False)
    ends = (moments[0], moments[-1])
    columns = [(m, moment) for m in VILLAGE for moment in (ends[:1] if m == "persons" else ends) if (m, moment) in wide]
    frame = wide[columns].set_axis([f"{m}/{moment}" for m, moment in columns], axis="columns")
    frame.insert(0, "households", audit.incomes.groupby("village").size())
    frame = frame.rename_axis("village").reset_index()
    shown = suppress_small(frame, "village", list(frame)[2:], round(audit.books.limits.small_group))
    units = mine.drop_duplicates("measure").set_index("measure")["unit"]
    rows = [
        [names.of("villages", str(r["village"])), number(r["households"]), *(_value(r[f"{m}/{w}"], str(units[m])) for m, w in columns)]
        for r in shown.to_dict("records")
    ]
    named = measure_names()
    heads = [
        named[m] if m == "persons" else say("audited.measure_at", measure=named[m], moment=say(f"audited.moment.{w}")) for m, w in columns
    ]
    return table([say("report.column.village"), say("audited.column.households"), *heads], rows, caption=say("audited.caption.villages"))


def areas(audit: Audit, found: Tables, names: Names) -> Section | None:
    """Beckerman's areas in yuan, and that they tie to what was paid (or is planned) to the fen."""
    if "measures" not in found:
        return None
    moment = known_moments(audit)[-1] if known_moments(audit) else "before"
    values = found["measures"]
    mine = values[(values["group_by"] == "all") & (values["moment"] == moment)].drop_duplicates(["measure", "form"])
    by = mine.set_index("measure")["value"]
    wanted = ("gap_closed", "gain_above_line", "gain_of_others", "gap_left")
    if not set(wanted) <= set(by.index) or any(by[name] is None for name in wanted):
        return None
    a, b, c, d = (by[name] for name in wanted)
    named, meanings = measure_names(), measure_meanings()
    rows = [[Cell(named[name]), Cell(meanings[name], "quiet"), Cell(exact(round(by[name])))] for name in wanted]
    people = audit.incomes
    kinds = [(kind, int(people[f"{kind}_{moment}_fen"].sum())) for kind in KINDS]
    forgone = int(people[f"forgone_{moment}_fen"].sum())
    received = say("report.separator").join(say("audited.part", name=say(f"report.kind.{k}"), amount=exact(v)) for k, v in kinds if v)
    ledger = sum(v for _, v in kinds) - forgone
    gap = next(iter(_of_everybody(values, "total_gap", "before")), None)
    rows.append([Cell("A + B + C", "strong"), Cell(say("audited.areas_gains"), "quiet"), Cell(exact(round(a + b + c)), "strong")])
    rows.append([Cell("A + D", "strong"), Cell(say("audited.areas_gap"), "quiet"), Cell(exact(round(a + d)), "strong")])
    is_tied = a + b + c == ledger and a + d == gap
    says = say("audited.areas_tie" if is_tied else "audited.areas_apart", received=received, forgone=exact(forgone), ledger=exact(ledger))
    part = table(
        [say("audited.column.area"), say("audited.column.meaning"), say("report.unit.yuan")],
        rows,
        caption=say(f"audited.caption.areas_{moment}"),
        text_columns=2,
    )
    return Section("areas", say("audited.title.areas"), (part, Text(says, "good" if is_tied else "bad")))
