"""Rules of diversification: caps, floors and equal shares of what is planted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from optimizer.instance.hopeless import subject_activities
from optimizer.instance.instance import Instance
from optimizer.problems import InputError, Problem
from optimizer.program.calendar import planted_in
from optimizer.program.decisions import NO_LAND
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows, make_rows, terms_of
from optimizer.texts import say

KEYS = ["name", "of", "within", "period"]


def rules_of(instance: Instance, *kinds: str) -> Iterator[Any]:
    """The rows of table rules of some kinds."""
    yield from (rule for rule in instance.table("rules").itertuples() if rule.rule in kinds)


def cells(instance: Instance, rule: Any) -> Iterator[tuple[dict[str, str], list[str], tuple[str, ...], tuple[str, ...]]]:
    """Each (subject, place, period) a rule is repeated for: its key, activities, bases and periods."""
    for of, subjects in instance.groups("subjects", rule.of):
        for within, bases in instance.groups("bases", rule.within):
            for period, periods in instance.groups("periods", rule.period):
                key = {"name": rule.name, "of": of, "within": within, "period": period}
                yield key, list(subject_activities(instance, subjects)), bases, periods


def selected(instance: Instance, columns: Columns, activities: list[str], bases: tuple[str, ...], periods: tuple[str, ...]) -> pd.DataFrame:
    """Area decisions of some activities at some bases, planted in some periods."""
    area = columns["area"]
    chosen = area[area["data_activity"].isin(activities) & area["base"].isin(bases)]
    if set(periods) == set(instance.periods.names):
        return chosen
    return chosen[chosen["data_activity"].isin(planted_in(instance, periods))]


def share(instance: Instance, columns: Columns) -> list[Rows]:
    """Caps and floors on shares of area, for each subject X and place Y of the rule:

    ``max_share``:  area[X,Y] ≤ share · D,   ``min_share``:  area[X,Y] ≥ share · D   (mu)

    D is the planted mu within Y (``planted``), its land (``land``), its rented land (``rented``), or the mu of X over
    all bases (``product``: decentralisation).

    Shadow price: what one more mu allowed (or one mu less demanded) would add.
    """
    found = []
    for rule in rules_of(instance, "max_share", "min_share"):
        sense = AT_MOST if rule.rule == "max_share" else AT_LEAST
        parts, limits = [], []
        for key, activities, bases, periods in cells(instance, rule):
            chosen = selected(instance, columns, activities, bases, periods)
            denominator, constant = _denominator(instance, columns, rule, activities, bases, periods)
            if chosen.empty and rule.rule == "max_share":
                continue
            parts += [terms_of(chosen, 1.0, **key), terms_of(denominator, -float(rule.share), **key)]
            limits.append({**key, "rhs": constant * float(rule.share)})
        found.append(_closed(rule, parts, limits, sense))
    return found


def _denominator(
    instance: Instance, columns: Columns, rule: Any, activities: list[str], bases: tuple[str, ...], periods: tuple[str, ...]
) -> tuple[pd.DataFrame, float]:
    area = columns["area"]
    if rule.denominator == "land":
        land = instance.table("land")
        return area.head(0), float(land.loc[land["base"].isin(bases), "area_mu"].sum())
    if rule.denominator == "rented":
        rented = columns["rented"]
        return rented[rented["base"].isin(bases)], 0.0
    if rule.denominator == "product":
        return selected(instance, columns, activities, instance.universe("bases"), periods), 0.0
    planted = selected(instance, columns, list(instance.universe("activities")), bases, periods)
    return planted[planted["land_class"] != NO_LAND], 0.0


def _closed(rule: Any, parts: list[pd.DataFrame], limits: list[dict[str, Any]], sense: str) -> Rows:
    if not limits:
        raise InputError([Problem("rules", int(rule._1), "of", rule.of, say("expected.rule_matches", rule=rule.name))])
    return make_rows(rule.rule, "mu", KEYS, parts, sense, pd.DataFrame(limits), True)


def area(instance: Instance, columns: Columns) -> list[Rows]:
    """Quotas in mu, for each subject X and place Y:  ``max_area``:  area[X,Y] ≤ quantity,  ``min_area``:  ≥ quantity.

    Shadow price: what one more mu allowed (or one mu less demanded) would add.
    """
    found = []
    for rule in rules_of(instance, "max_area", "min_area"):
        sense = AT_MOST if rule.rule == "max_area" else AT_LEAST
        parts, limits = [], []
        for key, activities, bases, periods in cells(instance, rule):
            chosen = selected(instance, columns, activities, bases, periods)
            if chosen.empty and rule.rule == "max_area":
                continue
            parts.append(terms_of(chosen, 1.0, **key))
            limits.append({**key, "rhs": float(rule.quantity)})
        found.append(_closed(rule, parts, limits, sense))
    return found


def equal_share(instance: Instance, columns: Columns) -> list[Rows]:
    """Every base of the place plants the same share of its land with X:

    area[X,b]/land[b] − area[X,b₁]/land[b₁] = 0  for every base b but the first   (mu per mu)

    Shadow price: what letting b plant one whole share more than the first base would add.
    """
    found = []
    land = instance.table("land").groupby("base")["area_mu"].sum()
    for rule in rules_of(instance, "equal_share"):
        parts = []
        for key, activities, bases, periods in cells(instance, rule):
            known = [base for base in bases if land.get(base, 0) > 0]
            for base in known[1:]:
                for member, sign in ((base, 1.0), (known[0], -1.0)):
                    chosen = selected(instance, columns, activities, (member,), periods)
                    parts.append(terms_of(chosen, sign / land[member], **key, base=base))
        if not parts:
            raise InputError([Problem("rules", int(rule._1), "within", rule.within, say("expected.rule_matches", rule=rule.name))])
        found.append(make_rows("equal_share", "share", [*KEYS, "base"], parts, EQUAL, 0.0))
    return found
