"""The plan held against what is known about the county, with the reason where it departs."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from optimizer.household.distribution import Distribution

COLUMNS = ["measure", "value", "low", "high", "unit", "verdict", "why", "source"]
REGIONS = {"share_in_province": "in_province", "share_neighbours": "neighbours", "share_east": "east"}


def facts(distribution: Distribution) -> pd.DataFrame:
    """One row per known fact: measure, value, low, high, unit, verdict (within, below, above), why, source.

    Measures a plan has no figure for (no households, nothing planted) are left out.
    """
    rows = []
    for fact in distribution.instance.table("known_facts").itertuples():
        value = _measure(distribution, fact.measure)
        if value is None:
            continue
        verdict = "below" if value < fact.low else ("above" if value > fact.high else "within")
        why = {"below": fact.if_below, "above": fact.if_above, "within": ""}[verdict]
        rows.append((fact.measure, round(value, 6), fact.low, fact.high, fact.unit, verdict, why, fact.source))
    return pd.DataFrame(rows, columns=COLUMNS)


def _measure(distribution: Distribution, name: str) -> float | None:
    if name in REGIONS:
        return _region_share(distribution, REGIONS[name])
    return MEASURES[name](distribution)


def _ratio(above: float, below: float) -> float | None:
    return above / below if below > 0 else None


def _region_share(distribution: Distribution, region: str) -> float | None:
    """Share of the tonnes sold that went to the markets of a region."""
    of_market = distribution.instance.table("markets").set_index("market")["region"]
    kg = distribution.sales.groupby("market")["kg"].sum()
    return _ratio(float(kg[kg.index.map(of_market) == region].sum()), float(kg.sum()))


def _planted_mu(distribution: Distribution) -> float:
    area = distribution.plan.decisions("area")
    return float(area.loc[area["land_class"] != "", "value"].sum())


def _rented_mu(distribution: Distribution) -> float:
    return float(distribution.plan.decisions("rented")["value"].sum())


def _labour_days(distribution: Distribution) -> float:
    resources = distribution.instance.table("resources")
    labour = set(resources.loc[resources["account"] == "labour", "resource"])
    kinds = [distribution.plan.decisions(kind) for kind in ("own", "hire", "work")]
    return float(sum(frame.loc[frame["resource"].isin(labour), "value"].sum() for frame in kinds))


def _labour_yuan(distribution: Distribution) -> float:
    ledger = distribution.ledger
    return float(ledger.loc[(ledger["account"] == "labour") & (ledger["payer"] != "clearing"), "amount_fen"].sum()) / 100


def _sales_yuan(distribution: Distribution) -> float:
    return float(distribution.sales["amount_fen"].sum()) / 100


def _gain_per_head(distribution: Distribution) -> float | None:
    linked = distribution.households[distribution.households["linked"]]
    return _ratio(float(linked["gain_fen"].sum()) / 100, float(linked["persons"].sum()))


MEASURES: dict[str, Callable[[Distribution], float | None]] = {
    "crops_per_planted_mu": lambda d: _ratio(_planted_mu(d), _rented_mu(d)),
    "labour_days_per_planted_mu": lambda d: _ratio(_labour_days(d), _rented_mu(d)),
    "labour_days_per_mu_crop": lambda d: _ratio(_labour_days(d), _planted_mu(d)),
    "wage_yuan_per_day": lambda d: _ratio(_labour_yuan(d), _labour_days(d)),
    "sales_yuan": _sales_yuan,
    "sales_yuan_per_mu": lambda d: _ratio(_sales_yuan(d), _rented_mu(d)),
    "household_gain_yuan_per_head": _gain_per_head,
}
