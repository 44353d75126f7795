"""summary.json: the figures a script needs, each a sum of ledger lines or of rows of the tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.household.distribution import Distribution, poverty_of
from optimizer.program.money import COSTS, INCOME
from optimizer.program.plan import Plan

FEN = 100
OTHER = {"nested": "points", "points": "nested"}


def summarise(distribution: Distribution) -> dict[str, Any]:
    """The content of summary.json. Figures that do not exist (no split, no households) are absent."""
    plan = distribution.plan
    instance = plan.instance
    objective = instance.settings.objective
    values = objectives(distribution)
    summary: dict[str, Any] = {
        "instance": instance.name,
        "title": instance.title,
        "notice": instance.notice,
        "policy": instance.policy,
        "changes": list(instance.changes),
        "status": plan.status,
        "nothing_pays": plan.is_empty,
        "objective": {
            "name": objective.name,
            "value_yuan": round(plan.objective_yuan, 6),
            "plan_yuan": _plan_figure(distribution, values),
        },
        "objectives": values,
        "sales_fen": int(distribution.sales["amount_fen"].sum()),
        "diversity": diversity(plan),
        "oversupply": oversupply(distribution),
        "ledger": {"balanced": distribution.unbalanced.empty, "lines": distribution.line_count},
        "solver": {"name": plan.solver, "status": plan.status, "gap": plan.answer.gap},
        "residues": len(plan.residues),
    }
    if instance.split:
        split = distribution.split
        assert split is not None
        summary["split"] = split
        other = distribution.split_of(OTHER[str(split["reading"])], str(split["basis"]))
        if other is not None:
            summary["alternative_split"] = other
        columns = ["party", "id", "income_fen", "costs_fen", "balance_fen"]
        summary["parties"] = distribution.parties[columns].to_dict("records")
    if not instance.table("households").empty:
        households = distribution.households
        summary["households"] = {
            "count": len(households),
            "linked": int(households["linked"].sum()),
            "gain_fen": int(households["gain_fen"].sum()),
            **poverty_of(distribution),
        }
    return summary


def _plan_figure(distribution: Distribution, values: dict[str, float]) -> float:
    objective = distribution.instance.settings.objective
    constant = float(objective.constant_yuan)
    if objective.name in values:
        return round(values[objective.name] + constant, 2)
    return round(distribution.plan.objective_of(objective.name) + constant, 6)  # a measure, in its own unit


def objectives(distribution: Distribution) -> dict[str, float]:
    """Every objective by name, in yuan, from the ledger (docs/formulation.md lists the accounts of each)."""
    ledger = distribution.ledger
    account = ledger.groupby("account")["amount_fen"].sum()
    signed = _signed_accounts(ledger)
    values: dict[str, float] = {
        "sales": int(account.get("sale", 0)) + signed.get("resale", 0) + signed.get("purchases", 0),
        "margin": int(account.get("sale", 0)) + sum(signed.values()),
    }
    if not distribution.instance.table("households").empty:
        households = distribution.households
        values["household_gain"] = int(households["gain_fen"].sum())
        earned = households[["wage_fen", "rent_fen"]].to_numpy().sum() - households["forgone_fen"].sum()
        values["county_income"] = values["margin"] + int(earned)
        linked = households[households["linked"]].groupby("village")[["gain_fen", "persons"]].sum()
        if len(linked):
            per_head = linked["gain_fen"] / linked["persons"]
            values["least_household_gain"] = float(per_head.min())
    return {name: round(value / FEN, 2) for name, value in values.items()}


def _signed_accounts(ledger: pd.DataFrame) -> dict[str, int]:
    """Incomes and costs of the chain beside the sales, signed, each counted where a bill was written for it."""
    bills = ledger[ledger["document"].str.startswith("B-")]
    sums = bills.groupby("account")["amount_fen"].sum()
    return {name: int(sums[name]) if name in INCOME else -int(sums[name]) for name in (*INCOME, *COSTS) if name in sums.index}


def diversity(plan: Plan) -> dict[str, float]:
    """Herfindahl index of planted mu over products in the county, and its inverse, the effective number of products.

    An activity with several products counts in equal parts for each; one without any counts as itself.
    """
    areas = plan.decisions("area")
    areas = areas[areas["land_class"] != ""]
    total = areas["value"].sum()
    if not total > 0:
        return {}
    yields = plan.instance.table("yields")
    products = yields.loc[yields["yield_kg_per_mu"] > 0, ["activity", "product"]].drop_duplicates()
    products = products.assign(part=1 / products.groupby("activity")["product"].transform("count"))
    joined = areas.merge(products, left_on="data_activity", right_on="activity", how="left", suffixes=("", "_data"))
    subject = joined["product"].fillna(joined["data_activity"])
    shares = (joined["value"] * joined["part"].fillna(1.0)).groupby(subject).sum() / total
    index = float((shares**2).sum())
    return {"effective_products": round(1 / index, 6), "herfindahl": round(index, 6)}


def oversupply(distribution: Distribution) -> dict[str, float]:
    """Tonnes unsold, and the share of what was sold below the full price of its market (any tier after the first)."""
    unsold = distribution.plan.decisions("unsold")["value"].sum()
    sales = distribution.sales
    figures = {"unsold_t": round(float(unsold), 3)}
    total = float(sales["kg"].sum())
    if total > 0:
        demand = distribution.instance.table("demand")
        keys = ["market", "product", "period", "channel"]
        full = demand.sort_values("tier").groupby(keys, as_index=False)["price_yuan_per_kg"].first()
        full = full.rename(columns={"price_yuan_per_kg": "full_price"})
        below = sales.merge(full, on=keys)
        below = below[below["price_yuan_per_kg"] < below["full_price"] - 1e-9]
        figures["sold_below_full_price_share"] = round(float(below["kg"].sum()) / total, 6)
    return figures
