"""Rules of rotation: how often a family may come back to the same land."""

from __future__ import annotations

import pandas as pd

from optimizer.instance.hopeless import subject_activities
from optimizer.instance.instance import Instance
from optimizer.program.calendar import rotation_slot, slots_ago, with_planting_period
from optimizer.program.decisions import PENALISED
from optimizer.program.diversification import cells, rules_of
from optimizer.program.rows import AT_MOST, Columns, Rows, make_rows, terms_of

KEYS = ["name", "of", "within"]


def rotation(instance: Instance, columns: Columns) -> list[Rows]:
    """A family comes back to a plot only every n-th year: what is planted with it in any n years in a row fits the land.

    For each base and any n years in a row:  Σ_{years} area[family] (history included) ≤ land   (mu). A cyclic year
    stands for every year alike, so that  n · area[family] ≤ land. In a plain list of periods that is no cycle, a
    period counts as a year.

    Shadow price: what one more mu of land free of the family would add.
    """
    slots = rotation_slot(instance)
    last = max(slots.values())
    found = []
    for rule in rules_of(instance, "rotation"):
        parts, limits = [], []
        for key, activities, bases, _ in cells(instance, rule):
            key = {k: key[k] for k in KEYS}
            area = with_planting_period(instance, columns["area"])
            area = area[area["data_activity"].isin(activities) & area["base"].isin(bases)]
            classes = area["land_class"].unique()
            land = instance.table("land")
            land_mu = land.loc[land["base"].isin(bases) & land["land_class"].isin(classes), "area_mu"].sum()
            if area.empty:
                continue
            if instance.periods.cyclic:
                parts.append(terms_of(area, float(rule.count), **key, until=str(last)))
                limits.append({**key, "until": str(last), "rhs": land_mu})
                continue
            slot = area["period"].map(slots)
            for until in range(last + 1):
                inside = area[(slot > until - rule.count) & (slot <= until)]
                before = _history(instance, activities, bases, until - int(rule.count))
                parts.append(terms_of(inside, 1.0, **key, until=str(until)))
                limits.append({**key, "until": str(until), "rhs": land_mu - before})
        limits_frame = pd.DataFrame(limits, columns=[*KEYS, "until", "rhs"])
        found.append(make_rows("rotation", "mu", [*KEYS, "until"], parts, AT_MOST, limits_frame, True))
    return found


def _history(instance: Instance, activities: list[str], bases: tuple[str, ...], after: int) -> float:
    """Mu of the family that stood on the land before the first year and still counts (slot > ``after``)."""
    history = instance.table("history")
    mine = history[history["activity"].isin(activities) & history["base"].isin(bases)]
    mine = mine.assign(activity=mine["activity"].str.split("@").str[0])  # one row speaks of every start of an activity
    mine = mine.drop_duplicates(["base", "land_class", "activity", "periods_ago"])
    slot = mine["periods_ago"].map(lambda ago: -slots_ago(instance, int(ago)))
    return float(mine.loc[slot > after, "area_mu"].sum())


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
        bases = {b for _, members in instance.groups("bases", rule.within) for b in members}
        parts = []
        for _, subjects in instance.groups("subjects", rule.of):
            area = with_planting_period(instance, columns["area"])
            chosen = area[
                area["data_activity"].isin(subject_activities(instance, subjects))
                & area["base"].isin(bases)
                & ~area["activity"].str.endswith(PENALISED)
            ]
            parts.append(terms_of(chosen, 1.0, name=rule.name, year=chosen["period"].map(years).astype(int)))
        covered = pd.concat(parts)[["base", "land_class"]].drop_duplicates()
        rented = columns["rented"].merge(covered, on=["base", "land_class"])
        found.append(make_rows("max_crops", "mu", keys, [*parts, terms_of(rented, -float(rule.count), name=rule.name)], AT_MOST, 0.0))
    return found
