"""Insurance: cover that is bought for planted land, and what it pays in a year such as the instance describes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.promoting import last_of, promoted_channels
from optimizer.program.calendar import planting_periods
from optimizer.program.decisions import NO_LAND
from optimizer.program.rows import AT_MOST, EQUAL, Columns, Rows, gives, make_rows, terms_of

INSURED = ["cover", "base", "land_class", "activity"]
PLACE = ["base", "land_class", "activity"]
ONCE = ["market", "period", "channel"]


def offered(instance: Instance) -> pd.DataFrame:
    """The rows of table insurance that are active."""
    table = instance.table("insurance")
    return table[table["active"].astype(bool)].reset_index(drop=True)


def insurable(instance: Instance, area: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``offered`` for which land can be planted, one per cover and place; ``area`` are the area decisions.

    A cover of the yield needs an activity that yields something. An activity without land is insured by its base.
    """
    covers = offered(instance)
    yielding = set(instance.table("yields")["activity"])
    covers = covers[(covers["kind"] == "price") | covers["activity"].isin(yielding)]
    places = area.loc[area["activity"] == area["data_activity"], PLACE]
    landed = places[places["land_class"] != NO_LAND].merge(covers, on=PLACE)
    once = covers.drop_duplicates(["cover", "base", "activity"]).drop(columns="land_class")
    landless = places[places["land_class"] == NO_LAND].merge(once, on=["base", "activity"])
    return pd.concat([landed, landless], ignore_index=True) if len(landless) else landed


def add_insurance(instance: Instance, columns: Columns) -> None:
    """One ``insure`` decision per cover and place it can be bought for: the mu that are insured."""
    columns.add("insure", "mu", insurable(instance, columns["area"])[INSURED])


def _covers(instance: Instance, columns: Columns) -> pd.DataFrame:
    """The ``insure`` decisions with what the table says of them."""
    return columns["insure"].merge(insurable(instance, columns["area"]), on=INSURED)


@gives("insured_area", "compulsory_cover")
def insured_area(instance: Instance, columns: Columns) -> list[Rows]:
    """Only what is planted can be insured, and all of it where a cover is compulsory:

    ``insured_area``:  insure[c,b,l,a] ≤ area[b,l,a],   or where it is compulsory  ``compulsory_cover``:  insure = area   (mu)

    The penalised twin of an activity (``max_crops``) is insured with it; its penalty is no loss that insurers pay for.

    Shadow price: what one mu more that could be insured without being planted (or had to be) would add.
    """
    if columns["insure"].empty:
        return []
    insured = _covers(instance, columns)
    area = columns["area"][["base", "land_class", "data_activity", "column"]].rename(columns={"data_activity": "activity"})
    planted = insured[INSURED].merge(area, on=PLACE)
    terms = [terms_of(insured), terms_of(planted, -1.0)]
    forced = insured["compulsory"].astype(bool)
    return [
        make_rows("insured_area", "mu", INSURED, terms, AT_MOST, insured[~forced].assign(rhs=0.0), True),
        make_rows("compulsory_cover", "mu", INSURED, terms, EQUAL, insured[forced].assign(rhs=0.0), True),
    ]


@gives("insured_most")
def insured_most(instance: Instance, columns: Columns) -> list[Rows]:
    """No more is insured than the insurer takes:  insure[c,b,l,a] ≤ most_mu   (mu).

    Shadow price: what one more mu of cover on offer would add.
    """
    if columns["insure"].empty:
        return []
    insured = _covers(instance, columns)
    limits = insured.assign(rhs=insured["most_mu"].astype(float))
    return [make_rows("insured_most", "mu", INSURED, [terms_of(insured)], AT_MOST, limits, True)]


# --- what it costs and pays ----------------------------------------------------------------------------------------


def cover_terms(instance: Instance, columns: Columns) -> pd.DataFrame:
    """The ``insure`` decisions with what a mu costs and brings in the year of the instance.

    ``premium_yuan_per_mu`` and ``subsidy_yuan_per_mu`` (which public funds pay), ``own_yuan_per_mu`` (what is left) with its
    ``bearer`` and ``period`` (of planting); ``payout_yuan_per_mu`` with ``payout_period``.
    """
    insured = _covers(instance, columns)
    if insured.empty:
        return insured.assign(subsidy_yuan_per_mu=0.0, own_yuan_per_mu=0.0, bearer="", payout_yuan_per_mu=0.0, payout_period="")
    premium = insured["premium_yuan_per_mu"].astype(float)
    subsidy = premium * insured["subsidy_share"].astype(float)
    paid = _yield_payouts(instance, insured).where(insured["kind"] == "yield", _price_payouts(instance, insured))
    last = _last_harvests(instance, insured).where(insured["kind"] == "yield", [last_of(instance, text) for text in insured["period"]])
    return insured.assign(
        subsidy_yuan_per_mu=subsidy,
        own_yuan_per_mu=premium - subsidy,
        bearer=insured["payer"],
        period=insured["activity"].map(planting_periods(instance)),
        payout_yuan_per_mu=paid,
        payout_period=last,
    )


def _yields_here(instance: Instance, insured: pd.DataFrame) -> pd.DataFrame:
    """The yields of every insured place, those of inputs (below 0) left out: the columns INSURED, period, product, kg.

    Without land each product and period counts once, whatever class of land the table names.
    """
    yields = instance.table("yields")
    yields = yields.loc[yields["yield_kg_per_mu"] >= 0, [*PLACE, "product", "period", "yield_kg_per_mu"]]
    once = yields.drop_duplicates(["base", "activity", "product", "period"]).assign(land_class=NO_LAND)
    both = pd.concat([yields, once], ignore_index=True)
    return insured[INSURED].merge(both, on=PLACE).rename(columns={"yield_kg_per_mu": "kg"})


def _yield_payouts(instance: Instance, insured: pd.DataFrame) -> pd.Series:
    """Yuan per mu of covers of the yield. With f the year's yield as a share of the normal one, f below the trigger pays

    cover · (1 − f)   (``loss``)   or   cover · (trigger − f) / trigger   (``below_trigger``).
    """
    kg = _yields_here(instance, insured).groupby(INSURED)["kg"].sum()
    grown = kg.reindex(pd.MultiIndex.from_frame(insured[INSURED]), fill_value=0.0).to_numpy(dtype=float)
    share = grown / insured["normal_kg_per_mu"].to_numpy(dtype=float)
    trigger, cover = insured["trigger_share"].to_numpy(dtype=float), insured["cover_yuan_per_mu"].to_numpy(dtype=float)
    lost = np.where(insured["pays"] == "loss", 1 - share, (trigger - share) / np.where(trigger > 0, trigger, 1.0))
    return pd.Series(np.where(share < trigger, cover * lost, 0.0), index=insured.index)


def _price_payouts(instance: Instance, insured: pd.DataFrame) -> pd.Series:
    """Yuan per mu of covers of the price: normal yield · max(0, target − observed)."""
    known: dict[tuple[str, str, str], float] = {}
    found = []
    for row in insured.itertuples():
        key = (row.product, row.market, row.period) if row.kind == "price" else None
        if key is None:
            found.append(0.0)
            continue
        if key not in known:
            known[key] = observed_price(instance, row)
        found.append(float(row.normal_kg_per_mu) * max(0.0, float(row.target_yuan_per_kg) - known[key]))
    return pd.Series(found, index=insured.index, dtype=float)


def observed_price(instance: Instance, cover: Any) -> float:
    """The price a cover observes, in yuan per kg: the plain mean of the full prices (those of the first tier of every
    channel) of its ``product`` in its ``market`` and ``period``. Sales that promotion opens are not observed.

    Infinite where no price is stated, so that nothing is paid.
    """
    demand = instance.table("demand")
    seen = demand[
        (demand["product"] == cover.product)
        & demand["market"].isin(instance.members("nodes", cover.market))
        & demand["period"].isin(instance.members("periods", cover.period))
        & ~demand["channel"].isin(promoted_channels(instance))
    ]
    full = seen.sort_values([*ONCE, "tier"]).drop_duplicates(ONCE)["price_yuan_per_kg"].astype(float)
    return float(full.mean()) if len(full) else np.inf


def _last_harvests(instance: Instance, insured: pd.DataFrame) -> pd.Series:
    """The period of the last harvest of every insured place; in a cyclic year the last one after planting."""
    periods, planted = instance.periods, planting_periods(instance)
    harvests = _yields_here(instance, insured)
    number = harvests["period"].map(periods.number).to_numpy(dtype=np.int64)
    start = harvests["activity"].map(planted).map(periods.number).to_numpy(dtype=np.int64)
    harvests["after"] = (number - start) % len(periods) if periods.cyclic else number
    last = harvests.sort_values("after", kind="stable").drop_duplicates(INSURED, keep="last").set_index(INSURED)["period"]
    found = last.reindex(pd.MultiIndex.from_frame(insured[INSURED])).to_numpy()
    return pd.Series(found, index=insured.index, dtype=object).fillna(periods.names[-1])
