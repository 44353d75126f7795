"""``backtest_page``: a plan held against years that are given, as one page that opens offline and prints on A4."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from optimizer.report.naming import Names
from optimizer.report.page import page
from optimizer.report.parts import Figure, Figures, Part, Section, Text
from optimizer.report.season.parties import party_fans, party_table, solvency, village_fan
from optimizer.report.season.poor import poor_by_year
from optimizer.report.season.remedies import insurance, promotion
from optimizer.report.season.sections import balance_sentence, lead
from optimizer.report.season.spread import chances, from_worst, rescaled, spread
from optimizer.report.season.words import STYLES, label
from optimizer.report.season.years import chain_by_year, chain_fan, years_table
from optimizer.report.wording import money
from optimizer.season.season import Year
from optimizer.texts import say


def backtest_page(
    years: Sequence[Year],
    names: Names,
    subtitle: str = "",
    changes: Sequence[str] = (),
    notes: Sequence[str] = (),
    planned_fen: int | None = None,
    households_before: int | None = None,
) -> str:
    """The page as text; the same years give the same bytes.

    ``subtitle``: the plan in words (its policy) · ``changes``: listed under the title · ``notes``: sentences that stand first,
    such as years no plan could be found for · ``planned_fen``: the margin that the plan promised · ``households_before``: those
    below the poverty line before the plan. The probabilities count in proportion: years without a plan may be left out.
    """
    found = sections(rescaled(years), names, notes, planned_fen, households_before)
    title = say("season.backtest.title", title=names.instance.title)
    return page(title, subtitle, changes, found, kicker=say("season.backtest.kicker"), footer=say("season.backtest.footer"), styles=STYLES)


def sections(
    years: Sequence[Year], names: Names, notes: Sequence[str], planned_fen: int | None, households_before: int | None
) -> list[Section]:
    """The sections that have something to show, in order."""
    nothing = pd.DataFrame()
    first: list[Part] = [Text(note, "bad") for note in notes]
    if not years:
        return [Section("years", say("season.backtest.years"), tuple(first))]
    first += [Text(lead(years), "lead"), Figures(tuple(_figures(years, planned_fen))), chain_fan(years, None)]
    first += [Text(say("season.fan_remark"), "note"), chain_by_year(years, None)]
    found = [
        ("years", first),
        ("parties", [*solvency(years, names), *party_fans(years, names), *party_table(years, names)]),
        ("households", [*poor_by_year(years, households_before), *village_fan(years, names)]),
        ("remedies", [*insurance(years, nothing, names), *promotion(years, nothing)]),
        ("table", [*years_table(years, names), balance_sentence(years)]),
    ]
    return [Section(key, say(f"season.backtest.{key}"), tuple(parts)) for key, parts in found if parts]


def _figures(years: Sequence[Year], planned_fen: int | None) -> list[Figure]:
    order = from_worst(years, lambda y: y.margin_fen)
    margin = spread([year.margin_fen for year in years], chances(years))
    found = [] if planned_fen is None else [Figure(say("season.figure.planned"), money(planned_fen), say("season.figure.planned_of"))]
    return [
        *found,
        Figure(say("season.figure.expected"), money(margin.mean), say("season.figure.expected_of")),
        Figure(say("season.figure.worst"), money(margin.low), label(order[0])),
        Figure(say("season.figure.best"), money(margin.high), label(order[-1])),
    ]
