"""Rules of diversification: caps, floors and equal shares of what is planted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.instance.hopeless import subject_activities
from optimizer.instance.instance import Instance
from optimizer.problems import InputError, Problem
from optimizer.program.calendar import planted_in
from optimizer.program.decisions import NO_LAND
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows, gives, make_rows, terms_of
from optimizer.texts import say

KEYS = ["name", "of", "within", "period"]
AREA = ["base", "land_class", "activity", "data_activity", "column"]


def rules_of(instance: Instance, *kinds: str) -> Iterator[Any]:
    """The rows of table rules of some kinds."""
    yield from (rule for rule in instance.table("rules").itertuples() if rule.rule in kinds)


def matches_nothing(rule: Any, column: str = "of") -> InputError:
    """The error for a rule that speaks of no decision at all."""
    return InputError([Problem("rules", int(rule._1), column, getattr(rule, column), say("expected.rule_matches", rule=rule.name))])


@dataclass(frozen=True)
class Cells:
    """The cells a rule is repeated for: who belongs to each subject (``of``), place (``within``) and ``period``.

    ``all`` holds one row per cell, with the rule's ``name``.
    """

    subjects: pd.DataFrame
    places: pd.DataFrame
    times: pd.DataFrame
    all: pd.DataFrame


def cells(instance: Instance, rule: Any) -> Cells:
    """The subjects, places and periods a rule of table rules names, as tables to be joined to decisions."""
    of, within = instance.groups("subjects", rule.of), instance.groups("bases", rule.within)
    periods = instance.groups("periods", rule.period)
    every = instance.universe("activities")
    planted = {label: every if len(members) == len(instance.periods) else planted_in(instance, members) for label, members in periods}
    labels = [pd.DataFrame({key: [label for label, _ in groups]}, dtype=object)
              for key, groups in (("of", of), ("within", within), ("period", periods))]  # fmt: skip
    return Cells(
        subjects=_members(((label, subject_activities(instance, members)) for label, members in of), "of", "data_activity"),
        places=_members(within, "within", "base"),
        times=_members(planted.items(), "period", "data_activity"),
        all=labels[0].merge(labels[1], how="cross").merge(labels[2], how="cross").assign(name=rule.name),
    )


def _members(groups: Any, label: str, member: str) -> pd.DataFrame:
    return pd.DataFrame([(name, one) for name, members in groups for one in members], columns=[label, member], dtype=object)


def chosen_area(columns: Columns, found: Cells) -> pd.DataFrame:
    """Area decisions by cell: those of its subject, within its place, planted in its period."""
    area = columns["area"][AREA].merge(found.subjects, on="data_activity").merge(found.places, on="base")
    return area.merge(found.times, on="data_activity").assign(name=found.all["name"].iloc[0] if len(found.all) else "")


def _limits(rule: Any, found: Cells, chosen: pd.DataFrame) -> pd.DataFrame:
    """The cells that form rows: all of a floor's, since an impossible one must be seen; of a cap's those with decisions."""
    if chosen.empty:
        raise matches_nothing(rule)
    return found.all if rule.rule.startswith("min") else chosen[KEYS].drop_duplicates()


@gives("max_share", "min_share")
def share(instance: Instance, columns: Columns) -> list[Rows]:
    """Caps and floors on shares of area, for each subject X and place Y of the rule:

    ``max_share``:  area[X,Y] ≤ share · D,   ``min_share``:  area[X,Y] ≥ share · D   (mu)

    D is the planted mu within Y (``planted``), its land (``land``), its rented land (``rented``), or the mu of X over
    all bases (``product``: decentralisation).

    Shadow price: what one more mu allowed (or demanded) would add.
    """
    found = []
    for rule in rules_of(instance, "max_share", "min_share"):
        sense = AT_MOST if rule.rule == "max_share" else AT_LEAST
        among = cells(instance, rule)
        chosen = chosen_area(columns, among)
        limits = _limits(rule, among, chosen)
        denominator, constant = _denominator(instance, columns, rule, among)
        terms = [terms_of(chosen), terms_of(denominator.merge(limits), -float(rule.share))]
        rhs = limits.assign(rhs=limits["within"].map(constant).astype(float).fillna(0.0) * float(rule.share))
        found.append(make_rows(rule.rule, "mu", KEYS, terms, sense, rhs, True))
    return found


def _denominator(instance: Instance, columns: Columns, rule: Any, among: Cells) -> tuple[pd.DataFrame, dict[str, float]]:
    """What a share is taken of: decisions with the labels of the cells they count in, and a constant per place."""
    area = columns["area"][AREA]
    if rule.denominator == "land":
        land = among.places.merge(instance.table("land"), on="base").groupby("within")["area_mu"].sum()
        return area.head(0).merge(among.places, on="base"), land.to_dict()
    if rule.denominator == "rented":
        return columns["rented"][["base", "column"]].merge(among.places, on="base"), {}
    if rule.denominator == "product":
        return area.merge(among.subjects, on="data_activity").merge(among.times, on="data_activity"), {}
    planted = area[area["land_class"] != NO_LAND]
    return planted.merge(among.places, on="base").merge(among.times, on="data_activity"), {}


@gives("max_area", "min_area")
def area(instance: Instance, columns: Columns) -> list[Rows]:
    """Quotas in mu, for each subject X and place Y:  ``max_area``:  area[X,Y] ≤ quantity,  ``min_area``:  ≥ quantity.

    Shadow price: what one more mu allowed (or demanded) would add.
    """
    found = []
    for rule in rules_of(instance, "max_area", "min_area"):
        sense = AT_MOST if rule.rule == "max_area" else AT_LEAST
        among = cells(instance, rule)
        chosen = chosen_area(columns, among)
        rhs = _limits(rule, among, chosen).assign(rhs=float(rule.quantity))
        found.append(make_rows(rule.rule, "mu", KEYS, [terms_of(chosen)], sense, rhs, True))
    return found


@gives("equal_share")
def equal_share(instance: Instance, columns: Columns) -> list[Rows]:
    """Every base of the place plants the same share of its land with X:

    area[X,b]/land[b] − area[X,b₁]/land[b₁] = 0  for every base b but the first   (mu per mu)

    Shadow price: what letting b plant one whole share more than the first base would add.
    """
    found = []
    land = instance.table("land").groupby("base")["area_mu"].sum()
    land = land[land > 0]
    for rule in rules_of(instance, "equal_share"):
        among = cells(instance, rule)
        known = among.places[among.places["base"].isin(land.index)]
        first = known.drop_duplicates("within")
        others = known.drop(first.index)
        if others.empty:
            raise matches_nothing(rule, "within")
        chosen = chosen_area(columns, among)
        if chosen.empty:
            raise matches_nothing(rule)
        own = chosen[pd.MultiIndex.from_frame(chosen[["within", "base"]]).isin(pd.MultiIndex.from_frame(others))]
        against = chosen.merge(first, on=["within", "base"]).rename(columns={"base": "first"}).merge(others, on="within")
        terms = [terms_of(own, 1.0 / own["base"].map(land)), terms_of(against, -1.0 / against["first"].map(land))]
        found.append(make_rows("equal_share", "share", [*KEYS, "base"], terms, EQUAL, 0.0))
    return found
