"""What insurance and promotion change: balances with and without them in every possible year, and sales by promotion."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from optimizer.report.charts import AFTER, mark
from optimizer.report.naming import Names, plain
from optimizer.report.parts import Cell, Chart, Part, Text, table
from optimizer.report.season.charts import Dots, bars_by_year, dots_by_year
from optimizer.report.season.spread import balances, chances, from_worst, mean, share_of
from optimizer.report.season.words import hint, in_table_unit, label, share_in_words
from optimizer.report.season.years import thinned
from optimizer.report.wording import FEN, brief, money, mu, number, table_money, tonnes, with_unit
from optimizer.season.season import Year
from optimizer.texts import say

MOST_ROWS = 60
WITH, WITHOUT = (AFTER, "circle"), ("#D55E00", "diamond-open")


def insurance_of(year: Year) -> int:
    """Payouts less premiums of a year, in fen of the chain."""
    return abs(year.payouts_fen) - abs(year.premiums_fen)


def insurance(years: Sequence[Year], insured: pd.DataFrame, names: Names) -> list[Part]:
    """What is insured, what it costs and pays, and every year with and without it; nothing where nothing is insured.

    ``insured``: as in Season; empty where the areas are not known.
    """
    if insured.empty and not any(year.payouts_fen or year.premiums_fen for year in years):
        return []
    return [
        Text(_insured_sentence(years, insured), "lead"),
        Text(_worst_sentence(years)),
        *_insured_table(insured, names),
        _with_and_without(years),
        *_parties_with_and_without(years, names),
        Text(say("season.insurance_remark"), "note"),
    ]


def _insured_sentence(years: Sequence[Year], insured: pd.DataFrame) -> str:
    paid, back = ([abs(getattr(y, f"{k}_fen")) for y in years] for k in ("premiums", "payouts"))
    share = share_in_words(share_of(years, lambda y: y.payouts_fen != 0))
    text = say("season.insured", premiums=money(mean(paid, chances(years))), payouts=money(mean(back, chances(years))), share=share)
    if len(insured):
        text = say("season.insured_area", area=mu(float(insured["insured_mu"].sum()))) + " " + text
        if (subsidy := float(insured["subsidy_yuan"].sum())) > 0:
            text += " " + say("season.subsidised", subsidy=money(subsidy * FEN))
    return text


def _worst_sentence(years: Sequence[Year]) -> str:
    """The worst year with insurance and without it, and how far the margin strays."""
    with_it = [y.margin_fen for y in years]
    without = [y.margin_fen - insurance_of(y) for y in years]
    return say(
        "season.insured_worst",
        without=money(min(without)),
        held=money(min(with_it)),
        stray=money(_strays(without, years)),
        strays=money(_strays(with_it, years)),
    )


def _strays(fen: Sequence[int], years: Sequence[Year]) -> float:
    """The mean distance from the mean."""
    middle = mean(fen, chances(years))
    return mean([abs(f - middle) for f in fen], chances(years))


def _insured_table(insured: pd.DataFrame, names: Names) -> list[Part]:
    if insured.empty:
        return []
    header = [say("season.column.cover"), say("report.column.base"), say("report.column.activity")]
    header += [with_unit(say("season.column.insured"), say("report.unit.mu"))]
    header += [with_unit(say(f"season.column.{c}"), say("report.table_money")) for c in ("premium", "subsidy", "payout")]
    found = insured.groupby(["cover", "base", "activity"], as_index=False, sort=False)[
        ["insured_mu", "premium_yuan", "subsidy_yuan", "expected_payout_yuan"]
    ].sum()
    rows = [
        [
            plain(line.cover), names.of("bases", line.base), names.of("activities", line.activity), number(line.insured_mu, 1),
            *(table_money(float(fen) * FEN) for fen in (line.premium_yuan, line.subsidy_yuan, line.expected_payout_yuan)),
        ]
        for line in found.head(MOST_ROWS).itertuples()
    ]  # fmt: skip
    parts: list[Part] = [table(header, rows, caption=say("season.caption.insured"), text_columns=3)]
    if len(found) > MOST_ROWS:
        parts.append(Text(say("report.more_in_workbook", count=number(len(found) - MOST_ROWS)), "note"))
    return parts


def _with_and_without(years: Sequence[Year]) -> Chart:
    """The chain's margin in every year without insurance (from the worst) and with it."""
    order = from_worst(years, lambda y: y.margin_fen - insurance_of(y))
    drawn = [order[i] for i in thinned(order)]
    series = []
    for key, look, of in (
        ("without", WITHOUT, lambda y: y.margin_fen - insurance_of(y)),
        ("with", WITH, lambda y: y.margin_fen),
    ):
        name = say(f"season.series.{key}")
        hints = tuple(hint(name, y, money(of(y))) for y in drawn)
        series.append(Dots(name, *look, tuple(in_table_unit(of(y)) for y in drawn), hints))
    title = with_unit(say("season.axis.margin"), say("report.table_money"))
    data, figure = dots_by_year([label(y) for y in drawn], series, title, is_joined=True)
    return Chart("season-insurance", say("season.caption.insurance"), data, figure, 640)


def _parties_with_and_without(years: Sequence[Year], names: Names) -> list[Part]:
    """Mean, worst balance and mean distance from the mean of every party that pays premiums or receives payouts."""
    held = balances(years)
    got = balances(years, "premiums_fen") + balances(years, "payouts_fen")
    got = got[(got != 0).any(axis=1)]
    if got.empty:
        return []
    groups = (("", 1), *((say(f"season.group.{k}"), 2) for k in ("mean", "worst", "strays")))
    header = [say("report.column.party"), *(say(f"season.column.{k}") for _ in range(3) for k in ("without", "with"))]
    rows = []
    for key in got.index:
        with_it, changed = [int(f) for f in held.loc[key]], [int(f) for f in got.loc[key]]
        both = ([f - c for f, c in zip(with_it, changed, strict=True)], with_it)
        figures = [of(fen) for of in (lambda f: mean(f, chances(years)), min, lambda f: _strays(f, years)) for fen in both]
        rows.append([Cell(names.party(*key)), *(Cell(table_money(f), "loss" if f < 0 else "") for f in figures)])
    caption = with_unit(say("season.caption.insured_parties"), say("report.table_money"))
    return [table(header, rows, caption=caption, groups=groups)]


def promotion(years: Sequence[Year], promoted: pd.DataFrame) -> list[Part]:
    """What is promoted, what it costs, and what is sold through it in every year; nothing where nothing is promoted.

    ``promoted``: as in Season; empty where the steps are not known.
    """
    if promoted.empty and not any(year.promotion_fen or year.promoted_fen for year in years):
        return []
    cost = mean([abs(y.promotion_fen) for y in years], chances(years))
    sold = [y.promoted_fen for y in years]
    ends = {"mean": money(mean(sold, chances(years))), "least": money(min(sold)), "most": money(max(sold))}
    text = say("season.promoted", cost=money(cost), **ends)
    if len(promoted):
        text = say("season.promoted_room", opened=tonnes(float(promoted["opened_t"].sum()))) + " " + text
    parts: list[Part] = [Text(text, "lead")]
    parts += _promoted_table(promoted)
    if min(sold) != max(sold):
        parts.append(_promoted_chart(years, cost))
    return [*parts, Text(say("season.promotion_remark"), "note")]


def _promoted_table(promoted: pd.DataFrame) -> list[Part]:
    if promoted.empty:
        return []
    header = [say("season.column.promotion"), say("season.column.step")]
    header += [with_unit(say("season.column.spent"), say("report.table_money"))]
    header += [with_unit(say(f"season.column.{c}"), say("report.unit.t")) for c in ("opened", "sold_on_average")]
    rows = [
        [plain(p.promotion), number(p.step), table_money(float(p.yuan) * FEN), brief(float(p.opened_t)), brief(float(p.expected_sold_t))]
        for p in promoted.itertuples()
    ]
    return [table(header, rows, caption=say("season.caption.promoted"))]


def _promoted_chart(years: Sequence[Year], cost: float) -> Chart:
    order = from_worst(years, lambda y: y.promoted_fen)
    drawn = [order[i] for i in thinned(order)]
    hints = tuple(hint("", y, money(y.promoted_fen)) for y in drawn)
    bars = Dots("", AFTER, "", tuple(in_table_unit(y.promoted_fen) for y in drawn), hints)
    data, figure = bars_by_year([label(y) for y in drawn], bars, with_unit(say("season.axis.promoted"), say("report.table_money")))
    most = in_table_unit(max(order[-1].promoted_fen, cost))
    mark(figure, in_table_unit(cost), say("season.cost_mark", cost=money(cost)), is_left=in_table_unit(cost) < most / 2)
    figure["xaxis"]["range"] = [0, 1.06 * most]
    return Chart("season-promotion", say("season.caption.promotion"), data, figure, 560)
