"""What the possible years leave to every party and village: a fan for each kind, a table, and who loses or misses a floor."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from optimizer.report.naming import Names
from optimizer.report.parts import Cell, Chart, Part, Text, table
from optimizer.report.season.charts import FanRow, fan
from optimizer.report.season.spread import balances, chances, mean, per_head, share_of, spread
from optimizer.report.season.words import cases, hint, label, share_in_words
from optimizer.report.season.years import fan_row, thinned
from optimizer.report.wording import FEN, money, number, table_money, with_unit, yuan
from optimizer.season.season import Year
from optimizer.texts import say

KINDS = ("company", "base", "collective", "government")
FLOORED = ("company", "base")
MOST_ROWS = 40


def solvency(years: Sequence[Year], names: Names) -> list[Part]:
    """Who ends a year with a loss or below its floor of participation, and how often."""
    found = balances(years)
    if found.empty:
        return []
    parts: list[Part] = []
    losing = []
    for (party, name), row in found[found.min(axis=1) < 0].iterrows():
        worst = int(row.idxmin())
        share = share_in_words(sum((years[i].probability for i in row.index[row < 0]), Fraction(0)))
        amount = money(-int(row.min()))
        losing.append(
            (int(row.min()), say("season.loses", party=names.party(party, name), share=share, amount=amount, year=label(years[worst])))
        )
    items = [text for _, text in sorted(losing)]
    parts.append(Text(say("season.losses", parties=cases(items)), "bad") if items else Text(say("season.no_losses"), "good"))
    missed = _missed(years, names)
    if missed and _is_what_is_lost(years):
        parts.append(Text(say("season.missed_same"), "bad"))
    elif missed:
        parts.append(Text(say("season.missed", parties=cases(missed)), "bad"))
    return parts


def _missed(years: Sequence[Year], names: Names) -> list[str]:
    """In what share of the years a party's floor of participation cannot be kept, and by how much at most."""
    found: dict[tuple[str, str], list[tuple[float, Year]]] = {}
    for year in years:
        for line in year.missed.itertuples():
            found.setdefault((line.party, line.id), []).append((float(line.missed_yuan), year))
    texts = []
    for (party, name), times in sorted(found.items(), key=lambda item: -max(short for short, _ in item[1])):
        most, worst = max(times, key=lambda time: time[0])
        share = share_in_words(sum((year.probability for _, year in times), Fraction(0)))
        amount = money(most * FEN)
        texts.append(say("season.misses", party=names.party(party, name), share=share, amount=amount, year=label(worst)))
    return texts


def _is_what_is_lost(years: Sequence[Year]) -> bool:
    """Whether companies and bases miss their floors of participation exactly where, and by what, they lose: floors of 0."""
    for year in years:
        held = year.parties[year.parties["party"].isin(FLOORED) & (year.parties["balance_fen"] < 0)]
        lost = {(p.party, p.id): -int(p.balance_fen) for p in held.itertuples()}
        if lost != {(m.party, m.id): round(float(m.missed_yuan) * FEN) for m in year.missed.itertuples()}:
            return False
    return True


def party_fans(years: Sequence[Year], names: Names) -> list[Part]:
    """A fan per kind of party whose balances differ from year to year."""
    found = balances(years)
    parts: list[Part] = []
    for kind in KINDS:
        rows = [
            fan_row(names.party(kind, name), years, [int(fen) for fen in row])
            for (party, name), row in found.iterrows()
            if party == kind and row.min() != row.max()
        ]
        if rows:
            title = with_unit(say("season.axis.balance"), say("report.table_money"))
            data, figure = fan(rows[:MOST_ROWS], title)
            caption = say("season.caption.parties", kind=say(f"report.parties.{kind}"))
            parts.append(Chart(f"season-{kind}", caption, data, figure, 560))
    return parts


def party_table(years: Sequence[Year], names: Names) -> list[Part]:
    """Mean, worst and best balance of every party, and how likely a loss or a missed floor is."""
    found = balances(years)
    if found.empty:
        return []
    missing = any(len(year.missed) for year in years)
    header = [say("report.column.party"), *(say(f"season.column.{c}") for c in ("expected", "worst", "best", "loss"))]
    header += [say("season.column.floor_missed")] if missing else []
    rows = []
    for (party, name), row in found.head(2 * MOST_ROWS).iterrows():
        figures = [int(fen) for fen in row]
        worst, best = figures.index(min(figures)), figures.index(max(figures))
        loss = sum((year.probability for year, fen in zip(years, figures, strict=True) if fen < 0), Fraction(0))
        expected = mean(figures, chances(years))
        is_fixed = min(figures) == max(figures)
        cells = [
            Cell(names.party(party, name)),
            Cell(table_money(expected), "loss" if expected < 0 else ""),
            Cell(table_money(figures[worst]), "loss" if figures[worst] < 0 else "", small="" if is_fixed else label(years[worst])),
            Cell(table_money(figures[best]), "loss" if figures[best] < 0 else "", small="" if is_fixed else label(years[best])),
            Cell(share_in_words(loss), "loss" if loss else ""),
        ]
        rows.append([*cells, *([_floor(years, party, name)] if missing else [])])
    parts: list[Part] = [table(header, rows, caption=with_unit(say("season.caption.party_table"), say("report.table_money")))]
    if len(found) > 2 * MOST_ROWS:
        parts.append(Text(say("report.more_in_workbook", count=number(len(found) - 2 * MOST_ROWS)), "note"))
    return parts


def _floor(years: Sequence[Year], party: str, name: str) -> Cell:
    share = share_of(years, lambda y: bool(((y.missed["party"] == party) & (y.missed["id"] == name)).any()) if len(y.missed) else False)
    return Cell(share_in_words(share) if share else "", "loss" if share else "")


def village_fan(years: Sequence[Year], names: Names) -> list[Part]:
    """The gain per linked person of every village."""
    found = per_head(years)
    found = found[found.min(axis=1) != found.max(axis=1)] if len(found) else found
    if found.empty:
        return []
    rows = []
    order = pd.Series({village: mean([float(v) for v in row], chances(years)) for village, row in found.iterrows()})
    for village in order.sort_values(ascending=False, kind="stable").index[:MOST_ROWS]:
        values = [float(fen) for fen in found.loc[village]]
        places = sorted(range(len(years)), key=lambda i: values[i])
        drawn = [places[i] for i in thinned(years)]
        name = names.of("villages", str(village))
        hints = tuple(hint(name, years[i], yuan(values[i])) for i in drawn)
        rows.append(FanRow(name, spread([v / FEN for v in values], chances(years)), tuple(values[i] / FEN for i in drawn), hints))
    data, figure = fan(rows, with_unit(say("season.axis.per_head"), say("report.unit.yuan")))
    return [Chart("season-villages", say("season.caption.villages"), data, figure, 560)]
