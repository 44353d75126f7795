"""Many rows of limits in few sentences: those that differ by nothing but the period are told together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimizer.report.explain.limits import FIGURES, loosened, place
from optimizer.report.explain.told import Told
from optimizer.report.explain.worth import is_corner
from optimizer.report.wording import brief, listed, number
from optimizer.texts import say

MOST_PERIODS = 12


def corner(rows: pd.DataFrame) -> list[str]:
    """What a corner is, if one of the rows stands at one."""
    return [say("explain.corner")] if any(is_corner(line) for line in rows.to_dict("records")) else []  # type: ignore[arg-type]


def grouped(told: Told, rows: pd.DataFrame, most: int) -> list[str]:
    """A sentence for each kind of limit and place among ``rows``, the strongest of its periods in full; kinds of rules take turns,
    and what is beyond ``most`` is counted."""
    if rows.empty:
        return []
    rows = rows.assign(_worth=loosened(rows), _size=loosened(rows).abs())
    keys = [str(column) for column in rows.columns if column not in FIGURES and column not in ("period", "_worth")]
    same = rows[keys].astype(str).agg("/".join, axis="columns") + "/" + rows["rule"] + "/" + rows["unit"]
    if "party" in rows:
        same += rows["party"].astype(str)
    rows = rows.assign(_same=same).sort_values("_size", ascending=False, kind="stable")
    first = rows.drop_duplicates("_same")
    turn = first.groupby("rule").cumcount()
    order = first.assign(_turn=turn).sort_values(["_turn", "_size"], ascending=[True, False], kind="stable")
    members = dict(list(rows.groupby("_same", sort=False)))
    lines = [_told(told, line, members[line["_same"]]) for line in order.head(most).drop(columns=["_turn"]).to_dict("records")]
    return lines if len(order) <= most else [*lines, say("explain.more_limits", count=number(len(order) - most))]


def _told(told: Told, line: dict[str, Any], members: pd.DataFrame) -> str:
    shown = {str(key): value for key, value in line.items() if key not in ("_worth", "_same", "_size")}
    text = told.sentence(shown)
    others = members[members["period"] != line["period"]] if "period" in members else members.head(0)
    if others.empty:
        return text
    periods = _by_time(told, others["period"])
    amounts = others["_worth"].abs()
    least, greatest = brief(float(amounts.min())), told.amount(float(amounts.max()))
    worth = greatest if told.amount(float(amounts.min())) == greatest else say("explain.from_to", least=least, greatest=greatest)
    return say("explain.also", text=text, periods=listed(periods, MOST_PERIODS), worth=worth)


def _by_time(told: Told, periods: pd.Series) -> list[str]:
    number_of = told.names.instance.periods.number
    return [told.names.any(str(p)) for p in sorted(set(periods), key=lambda p: (number_of.get(str(p), -1), str(p)))]


def land_months(told: Told, base: str) -> list[str]:
    """In which periods a mu of land more would be of use at a base, by class of land."""
    rows = told.prices[(told.prices["rule"] == "land") & told.prices["binding"].astype(bool)]
    if rows.empty or "base" not in rows:
        return []
    rows = rows[(rows["base"] == base) & (rows["value_yuan_per_unit"].abs() > 1e-6)]
    number_of = told.names.instance.periods.number
    found = []
    for land_class, part in rows.groupby("land_class", sort=False):
        lines: list[Mapping[str, Any]] = sorted(part.to_dict("records"), key=lambda line: number_of.get(str(line["period"]), -1))
        worth = [
            say("explain.month", period=told.names.any(str(line["period"])), worth=told.amount(line["value_yuan_per_unit"]))
            for line in lines
        ]
        where = place({"land_class": land_class}, told.names, 1) or told.names.any(str(land_class))
        found.append(say("explain.base.months", land=where, months=listed(worth, MOST_PERIODS)))
    return found
