"""The possible years themselves: the chain's margin as a fan and by year, and every year as a line of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from optimizer.report.naming import Names, account
from optimizer.report.parts import Cell, Chart, Part, Text, table
from optimizer.report.season.charts import SERIES, Dots, FanRow, dots_by_year, fan
from optimizer.report.season.spread import chances, from_worst, mean, spread
from optimizer.report.season.words import hint, in_table_unit, is_even, label, share_in_words
from optimizer.report.wording import FEN, money, number, table_money, with_unit
from optimizer.season.season import Risk, Year
from optimizer.texts import say

MOST_ROWS = 60
MOST_POINTS = 300
"""Years that are drawn; of more, as many as this, evenly from the worst to the best."""


Column = tuple[str, Callable[[float], str], Callable[[Year], float]]
"""Title, how its figures are written, and the figure of a year."""


def thinned(years: Sequence[Year]) -> list[int]:
    """The places of the years to draw, of a list that is in order."""
    count = len(years)
    return list(range(count)) if count <= MOST_POINTS else [round(i * (count - 1) / (MOST_POINTS - 1)) for i in range(MOST_POINTS)]


def fan_row(name: str, years: Sequence[Year], fen: Sequence[float], is_named: bool = True) -> FanRow:
    """A row of a fan from an amount of money per year, in the unit of tables."""
    order = sorted(range(len(years)), key=lambda i: fen[i])
    drawn = [order[i] for i in thinned(years)]
    hints = tuple(hint(name if is_named else "", years[i], money(fen[i])) for i in drawn)
    values = spread([in_table_unit(f) for f in fen], chances(years))
    return FanRow(name, values, tuple(in_table_unit(fen[i]) for i in drawn), hints)


def chain_fan(years: Sequence[Year], risk: Risk | None) -> Chart:
    """The chain's margin of this plan over all years, and beside it that of the plan for the average year and of plans that
    knew the year, where the program maximises the margin (``risk`` is None otherwise)."""
    rows = [fan_row(say("season.series.plan"), years, [year.margin_fen for year in years])]
    if risk is not None and risk.average_plan:
        rows.append(fan_row(say("season.series.average"), years, [yuan * FEN for yuan in risk.average_plan]))
    if risk is not None and risk.wait_and_see:
        rows.append(fan_row(say("season.series.known"), years, [yuan * FEN for yuan in risk.wait_and_see]))
    data, figure = fan(rows, with_unit(say("season.axis.margin"), say("report.table_money")))
    return Chart("season-chain", say("season.caption.chain"), data, figure, 560)


def chain_by_year(years: Sequence[Year], risk: Risk | None) -> Chart:
    """The chain's margin in every year, the worst year at the top."""
    order = sorted(range(len(years)), key=lambda i: years[i].margin_fen)
    order = [order[i] for i in thinned(years)]
    found: list[tuple[str, list[float]]] = [(say("season.series.plan"), [years[i].margin_fen for i in order])]
    if risk is not None and risk.average_plan:
        found.append((say("season.series.average"), [risk.average_plan[i] * FEN for i in order]))
    if risk is not None and risk.wait_and_see:
        found.append((say("season.series.known"), [risk.wait_and_see[i] * FEN for i in order]))
    series = [
        Dots(
            name,
            *look,
            tuple(in_table_unit(f) for f in fen),
            tuple(hint(name, years[i], money(f)) for i, f in zip(order, fen, strict=True)),
        )
        for look, (name, fen) in zip(SERIES, found, strict=False)
    ]
    title = with_unit(say("season.axis.margin"), say("report.table_money"))
    data, figure = dots_by_year([label(years[i]) for i in order], series, title)
    return Chart("season-years", say("season.caption.by_year"), data, figure, 640)


def years_table(years: Sequence[Year], names: Names) -> list[Part]:
    """Every year from the worst to the best for the chain, with the mean of all at the end."""
    columns = _columns(years)
    may_lose = {say("season.column.margin"), say("season.column.gain")}  # premiums are a cost, not a loss
    header = [say("season.column.year"), *([] if is_even(years) else [say("season.column.probability")])]
    header += [title for title, _, _ in columns]
    if shows_parties := any(len(year.parties) for year in years):
        header.append(say("season.column.lowest"))
    rows = []
    for year in from_worst(years, lambda y: y.margin_fen)[:MOST_ROWS]:
        cells = [Cell(label(year)), *([] if is_even(years) else [Cell(share_in_words(year.probability))])]
        cells += [Cell(text(of(year)), "loss" if title in may_lose and of(year) < 0 else "") for title, text, of in columns]
        rows.append([*cells, *([_lowest(year.parties, names)] if shows_parties else [])])
    last = [Cell(say("season.mean"), "strong"), *([] if is_even(years) else [Cell("")])]
    last += [Cell(text(mean([of(year) for year in years], chances(years))), "strong") for _, text, of in columns]
    rows.append([*last, *([Cell("")] if shows_parties else [])])
    found: list[Part] = [table(header, rows, caption=with_unit(say("season.caption.years"), say("report.table_money")))]
    if len(years) > MOST_ROWS:
        found.append(Text(say("report.more_in_workbook", count=number(len(years) - MOST_ROWS)), "note"))
    return found


def _columns(years: Sequence[Year]) -> list[Column]:
    """Title, how it is written, and the figure itself, of what occurs in any year."""
    money_columns: list[tuple[str, Callable[[Year], float]]] = [
        (say("season.column.margin"), lambda y: y.margin_fen),
        (say("report.column.sales"), lambda y: y.sales_fen),
        (account("premiums"), lambda y: -abs(y.premiums_fen)),
        (account("payouts"), lambda y: abs(y.payouts_fen)),
        (account("promotion"), lambda y: -abs(y.promotion_fen)),
    ]
    found: list[Column] = [(title, table_money, of) for title, of in money_columns if any(of(year) for year in years)]
    if all(year.household_gain_fen is not None for year in years):
        found.append((say("season.column.gain"), table_money, lambda y: y.household_gain_fen or 0))
    if all(year.households_below is not None for year in years):
        found.append((say("season.column.below"), _count, lambda y: y.households_below or 0))
    if any(year.unsold_t > 0.05 for year in years):
        found.append((with_unit(say("season.column.unsold"), say("report.unit.t")), number, lambda y: y.unsold_t))
    if any(len(year.missed) for year in years):
        found.append((say("season.column.missed"), table_money, lambda y: float(y.missed["missed_yuan"].sum()) * FEN))
    return found


def _count(value: float) -> str:
    """A whole number, or a mean of whole numbers with one decimal."""
    return number(value, 0 if float(value).is_integer() else 1)


def _lowest(parties: pd.DataFrame, names: Names) -> Cell:
    """The party that is left with least."""
    held = parties[parties["party"].isin(["company", "base"])]
    if held.empty:
        return Cell("")
    least = held.loc[held["balance_fen"].idxmin()]
    tone = "loss" if least["balance_fen"] < 0 else ""
    return Cell(table_money(int(least["balance_fen"])), tone, small=names.party(str(least["party"]), str(least["id"])))
