"""Rules of rotation: how often a family may come back to the same land."""

from __future__ import annotations

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.program.calendar import rotation_slot, slots_ago, with_planting_period
from optimizer.program.decisions import NO_LAND, PENALISED
from optimizer.program.diversification import Cells, cells, chosen_area, matches_nothing, rules_of
from optimizer.program.rows import AT_MOST, Columns, Rows, gives, make_rows, terms_of

KEYS = ["name", "of", "within"]


@gives("rotation")
def rotation(instance: Instance, columns: Columns) -> list[Rows]:
    """A family comes back to a plot only every n-th year: what is planted with it in any n years in a row fits the land.

    For each base and any n years in a row:  Σ_{years} area[family] (history included) ≤ land   (mu). A cyclic year
    stands for every year alike, so that  n · area[family] ≤ land. In a plain list of periods that is no cycle, a
    period counts as a year.

    Shadow price: what one more mu of land free of the family would add.
    """
    last = max(rotation_slot(instance).values())
    found = []
    for rule in rules_of(instance, "rotation"):
        among = cells(instance, rule)
        area = chosen_area(columns, among)
        area = with_planting_period(instance, area[area["land_class"] != NO_LAND].drop_duplicates([*KEYS, "column"]))
        if area.empty:
            raise matches_nothing(rule)
        land = area[["name", "of", "within", "land_class"]].drop_duplicates().merge(among.places, on="within")
        land = land.merge(instance.table("land"), on=["base", "land_class"]).groupby(KEYS, as_index=False)["area_mu"].sum()
        windows = [last] if instance.periods.cyclic else range(last + 1)
        parts, limits = [], []
        for until in windows:
            inside, times = (area, float(rule.count)) if instance.periods.cyclic else (_window(instance, area, until, rule.count), 1.0)
            before = {} if instance.periods.cyclic else _history(instance, among, until - int(rule.count))
            stood = [before.get(cell, 0.0) for cell in zip(land["of"], land["within"], strict=True)]
            parts.append(terms_of(inside, times, until=str(until)))
            limits.append(land.assign(until=str(until), rhs=land["area_mu"] - stood))
        found.append(make_rows("rotation", "mu", [*KEYS, "until"], parts, AT_MOST, pd.concat(limits, ignore_index=True)))
    return found


def _window(instance: Instance, area: pd.DataFrame, until: int, count: int) -> pd.DataFrame:
    """What is planted in the ``count`` slots that end with ``until``."""
    slot = area["period"].map(rotation_slot(instance))
    return area[(slot > until - count) & (slot <= until)]


def _history(instance: Instance, among: Cells, after: int) -> dict[tuple[str, str], float]:
    """Mu of each subject and place that stood there before the first year and still count (slot > ``after``)."""
    history = instance.table("history").rename(columns={"activity": "data_activity"})
    mine = history.merge(among.subjects, on="data_activity").merge(among.places, on="base")
    mine = mine.assign(activity=mine["data_activity"].str.split("@").str[0])  # one row speaks of every start of an activity
    mine = mine.drop_duplicates(["of", "within", "base", "land_class", "activity", "periods_ago"])
    slot = mine["periods_ago"].map(lambda ago: -slots_ago(instance, int(ago))).astype(int)
    return mine[slot > after].groupby(["of", "within"])["area_mu"].sum().to_dict()


@gives("max_crops")
def max_crops(instance: Instance, columns: Columns) -> list[Rows]:
    """A mu bears at most n crops of a family in a year:  Σ area[family, base, class, year] ≤ n · rented   (mu).

    With ``penalty_share`` the rule is soft: a penalised twin of each activity, outside this row, stands for the crops
    beyond n and yields that share less.

    Shadow price: what one more mu allowed at full yield would add.
    """
    keys = ["name", "base", "land_class", "year"]
    years = dict(zip(instance.periods.names, instance.periods.years, strict=True))
    found = []
    for rule in rules_of(instance, "max_crops"):
        among = cells(instance, rule)
        chosen = with_planting_period(instance, chosen_area(columns, among).drop_duplicates("column"))
        chosen = chosen[~chosen["activity"].str.endswith(PENALISED) & (chosen["land_class"] != NO_LAND)]
        if chosen.empty:
            raise matches_nothing(rule)
        crops = terms_of(chosen.assign(year=chosen["period"].map(years).astype(int)))
        rented = columns["rented"].merge(chosen[["base", "land_class"]].drop_duplicates(), on=["base", "land_class"])
        rented = terms_of(rented, -float(rule.count), name=rule.name)
        found.append(make_rows("max_crops", "mu", keys, [crops, rented], AT_MOST, 0.0))
    return found
