"""The main figures of a division: objectives, accounts of the chain and of the households, what is planted and what is left."""

from __future__ import annotations

import pandas as pd

from optimizer.household.distribution import Distribution
from optimizer.instance.instance import Instance
from optimizer.program.money import COSTS, INCOME
from optimizer.program.plan import Plan

FEN = 100
HOUSEHOLD_SIGN = {"dividend": 1, "share": 1, "wage": 1, "rent": 1, "forgone": -1}


def objectives(distribution: Distribution) -> dict[str, float]:
    """Every objective by name, in yuan, from the ledger (docs/formulation.md lists the accounts of each)."""
    chain = chain_accounts(distribution)
    values: dict[str, float] = {
        "sales": chain.get("sale", 0) + chain.get("resale", 0) + chain.get("purchases", 0),
        "margin": sum(chain.values()),
    }
    if not distribution.instance.table("households").empty:
        own = household_accounts(distribution)
        values["household_gain"] = sum(own.values())
        values["county_income"] = values["margin"] + own["wage"] + own["rent"] + own["forgone"]
        per_head = gain_per_head(distribution)
        if len(per_head):
            values["least_household_gain"] = float(per_head.min())
    return {name: round(value / FEN, 2) for name, value in values.items()}


def chain_accounts(distribution: Distribution) -> dict[str, int]:
    """Signed fen of every account of the chain, each counted where a bill was written for it; ``sale`` is gross sales.

    They sum to the margin.
    """
    ledger = distribution.ledger
    sums = ledger[ledger["document"].str.startswith("B-")].groupby("account")["amount_fen"].sum()
    signed = {name: int(sums[name]) if name in INCOME else -int(sums[name]) for name in (*INCOME, *COSTS) if name in sums.index}
    return {"sale": int(ledger.loc[ledger["account"] == "sale", "amount_fen"].sum()), **signed}


def household_accounts(distribution: Distribution) -> dict[str, int]:
    """Signed fen of what all households receive and forgo, by kind; they sum to the household gain."""
    return {kind: sign * int(distribution.households[f"{kind}_fen"].sum()) for kind, sign in HOUSEHOLD_SIGN.items()}


def gain_per_head(distribution: Distribution) -> pd.Series:
    """Fen per linked person, by village."""
    households = distribution.households
    linked = households[households["linked"]].groupby("village")[["gain_fen", "persons"]].sum()
    return linked["gain_fen"] / linked["persons"]


def planted_mu(plan: Plan) -> pd.DataFrame:
    """Mu planted over the year by base and product (``by_product``): base, product, area_mu."""
    return mu_by_product(plan.instance, plan.decisions("area"))


def mu_by_product(instance: Instance, areas: pd.DataFrame) -> pd.DataFrame:
    """Area decisions with their ``value`` as mu by base and product (see ``planted_mu``)."""
    found = by_product(instance, areas)
    return found.assign(area_mu=found["value"] * found["part"]).groupby(["base", "product"], as_index=False)["area_mu"].sum()


def by_product(instance: Instance, areas: pd.DataFrame) -> pd.DataFrame:
    """Area decisions on land, one row for each ``product`` they stand for, and the ``part`` of a mu that counts for it.

    An activity with several products counts in equal parts for each; one without any counts as itself.
    """
    yields = instance.table("yields")
    products = yields.loc[yields["yield_kg_per_mu"] > 0, ["activity", "product"]].drop_duplicates()
    products = products.assign(part=1 / products.groupby("activity")["product"].transform("count"))
    joined = areas[areas["land_class"] != ""].merge(
        products, left_on="data_activity", right_on="activity", how="left", suffixes=("", "_data")
    )
    return joined.assign(product=joined["product"].fillna(joined["data_activity"]), part=joined["part"].fillna(1.0))


def diversity(plan: Plan) -> dict[str, float]:
    """Herfindahl index of planted mu over products in the county, and its inverse, the effective number of products."""
    planted = planted_mu(plan).groupby("product")["area_mu"].sum()
    total = planted.sum()
    if not total > 0:
        return {}
    index = float(((planted / total) ** 2).sum())
    return {"effective_products": round(1 / index, 6), "herfindahl": round(index, 6)}


def oversupply(distribution: Distribution) -> dict[str, float]:
    """Tonnes unsold, and the share of what was sold below the full price of its market (any tier after the first)."""
    figures = {"unsold_t": unsold_t(distribution.plan)}
    total = float(distribution.sales["kg"].sum())
    if total > 0:
        figures["sold_below_full_price_share"] = round(below_full_price_kg(distribution) / total, 6)
    return figures


def unsold_t(plan: Plan) -> float:
    """Tonnes left over where they lie."""
    return round(float(plan.decisions("unsold")["value"].sum()), 3)


def below_full_price_kg(distribution: Distribution) -> float:
    """Kilograms sold at less than the full price of their market (the price of its first tier)."""
    keys = ["market", "product", "period", "channel"]
    demand = distribution.instance.table("demand")
    full = demand.sort_values("tier").groupby(keys, as_index=False)["price_yuan_per_kg"].first()
    full = full.rename(columns={"price_yuan_per_kg": "full_price"})
    below = distribution.sales.merge(full, on=keys)
    return float(below.loc[below["price_yuan_per_kg"] < below["full_price"] - 1e-9, "kg"].sum())
