"""What the split does to each crop: what the chain earns on a mu of it, and what is left to the base."""

from __future__ import annotations

import pandas as pd

from optimizer.household.distribution import Distribution
from optimizer.instance.pools import party_shares
from optimizer.program.decisions import area_yields
from optimizer.program.parties import bearers
from optimizer.program.resources import KEYS as RESOURCE
from optimizer.program.resources import resource_uses

COLUMNS = [
    "activity", "label", "area_mu", "gross_yuan_per_mu", "chain_costs_yuan_per_mu", "chain_margin_yuan_per_mu",
    "base_share_yuan_per_mu", "base_costs_yuan_per_mu", "base_balance_yuan_per_mu",
]  # fmt: skip
PER_TONNE = ("freight", "fees", "handling", "storage", "processing")


def crop_economics(distribution: Distribution) -> pd.DataFrame:
    """Per activity that is planted and sold, in yuan per mu at the plan's own average prices and costs.

    ``chain_margin``: what it grosses less all costs; ``base_share``: the base's share of the gross; ``base_costs``: the
    costs the split rule makes the base bear; rent is charged for the part of the year the crop stands. Only for gross
    splits: under ``net`` the costs are reimbursed first. Empty without a split.
    """
    instance = distribution.instance
    if not instance.split or instance.split[0].basis != "gross" or distribution.sales.empty:
        return pd.DataFrame(columns=COLUMNS)
    rule = instance.split[0]
    areas = distribution.plan.decisions("area")
    columns = distribution.plan.program.columns
    area_columns = columns["area"].assign(value=distribution.plan.values[columns["area"]["column"]])
    planted = area_columns[area_columns["value"] > 0].assign(name=lambda f: f["data_activity"].str.split("@").str[0])
    per_area = _per_area(distribution, planted)
    per_product = _per_tonne_sold(distribution)
    tonnes = area_yields(instance, columns).merge(planted[["column", "value", "name"]], on="column")
    tonnes = tonnes[tonnes["yield_kg_per_mu"] > 0]
    tonnes["t"] = tonnes["yield_kg_per_mu"] / 1000 * tonnes["value"]
    grown = tonnes.groupby(["name", "product"])["t"].sum().reset_index().merge(per_product, on="product")
    if grown.empty or areas.empty:
        return pd.DataFrame(columns=COLUMNS)
    mu = planted.groupby("name")["value"].sum()
    found = []
    for name, part in grown.groupby("name"):
        gross = float((part["t"] * part["price"]).sum()) / mu[name]
        selling = {account: float((part["t"] * part[account]).sum()) / mu[name] for account in PER_TONNE}
        costs = {**per_area.loc[name].to_dict(), **selling}
        borne = sum(value for account, value in costs.items() if rule.costs_borne_by.get(account) == "base")
        share = gross * float(party_shares(rule).get("base", 0))
        found.append((name, instance_label(distribution, str(name)), mu[name], gross, sum(costs.values()), gross - sum(costs.values()),
                      share, borne, share - borne))  # fmt: skip
    return pd.DataFrame(found, columns=COLUMNS).round(2).sort_values("chain_margin_yuan_per_mu", ascending=False, ignore_index=True)


def instance_label(distribution: Distribution, activity: str) -> str:
    """The activity's label as the planner wrote it."""
    table = distribution.instance.table("activities")
    found = table.loc[table["activity_of"] == activity, "label"]
    return str(found.iloc[0]) if len(found) and found.iloc[0] else activity


def _per_area(distribution: Distribution, planted: pd.DataFrame) -> pd.DataFrame:
    """Inputs, harvesting, labour and rent per mu of each activity, from the plan's own figures."""
    plan = distribution.plan
    mu = planted.groupby("name")["value"].sum()
    by_column = planted.set_index("column")["name"]
    grown = _harvest_shares(distribution, planted)
    money = plan.amounts(plan.program.money)
    inputs = money[(money["account"] == "inputs") & money["column"].isin(by_column.index)]
    harvest = money[money["account"] == "harvest"].merge(grown, on="column")
    uses = resource_uses(plan.instance, plan.program.columns)
    uses = uses.merge(_resource_prices(distribution), on=RESOURCE, how="left").fillna({"yuan": 0.0})
    uses["cost"] = uses["coefficient"] * plan.values[uses["column"]] * uses["yuan"]
    direct = uses[uses["column"].isin(by_column.index)]
    gathered = uses.merge(grown, on="column")
    yuan = {
        "inputs": inputs.groupby(inputs["column"].map(by_column))["amount_yuan"].sum(),
        "labour": direct.groupby(direct["column"].map(by_column))["cost"]
        .sum()
        .add((gathered["cost"] * gathered["part"]).groupby(gathered["name"]).sum(), fill_value=0.0),
        "harvest": (harvest["amount_yuan"] * harvest["part"]).groupby(harvest["name"]).sum(),
        "rent": _rents(distribution, planted),
    }
    return pd.DataFrame({account: (total / mu).reindex(mu.index).fillna(0.0) for account, total in yuan.items()})


def _resource_prices(distribution: Distribution) -> pd.DataFrame:
    """Average yuan paid per unit of each resource used, per base and period (all sources together)."""
    plan = distribution.plan
    columns = plan.program.columns
    sources = pd.concat([columns[kind][[*RESOURCE, "column"]] for kind in ("own", "hire", "work")], ignore_index=True)
    sources["units"] = plan.values[sources["column"]]
    money = plan.amounts(plan.program.money).groupby("column")["amount_yuan"].sum()
    sources["paid"] = sources["column"].map(money).fillna(0.0)
    sums = sources.groupby(RESOURCE, as_index=False)[["units", "paid"]].sum()
    sums = sums[sums["units"] > 0]
    return sums.assign(yuan=sums["paid"] / sums["units"])[[*RESOURCE, "yuan"]]


def _harvest_shares(distribution: Distribution, planted: pd.DataFrame) -> pd.DataFrame:
    """Which part of each harvest decision each activity stands for: column, name, part."""
    columns = distribution.plan.program.columns
    grown = area_yields(distribution.instance, columns).merge(planted[["column", "value", "name"]], on="column")
    grown = grown[grown["yield_kg_per_mu"] > 0]
    grown["t"] = grown["yield_kg_per_mu"] * grown["value"]
    sums = grown.groupby(["base", "product", "period", "name"], as_index=False)["t"].sum()
    sums["part"] = sums["t"] / sums.groupby(["base", "product", "period"])["t"].transform("sum")
    harvest = columns["harvest"][["base", "product", "period", "column"]]
    return sums.merge(harvest, on=["base", "product", "period"])[["column", "name", "part"]]


def _rents(distribution: Distribution, planted: pd.DataFrame) -> pd.Series:
    """Rent of each base, shared among what stands on its land by the time it stands there."""
    occupancy = distribution.instance.table("occupancy").groupby(["activity", "land_class"], as_index=False)["land_share"].sum()
    standing = planted.merge(occupancy, left_on=["data_activity", "land_class"], right_on=["activity", "land_class"], suffixes=("", "_o"))
    standing["time"] = standing["value"] * standing["land_share"]
    rent = distribution.ledger[distribution.ledger["receiver"] == "landholders"].groupby("base")["amount_fen"].sum() / 100
    part = standing["time"] / standing.groupby("base")["time"].transform("sum")
    return (part * standing["base"].map(rent).fillna(0.0)).groupby(standing["name"]).sum()


def _per_tonne_sold(distribution: Distribution) -> pd.DataFrame:
    """Per product: average price per tonne grown, and the costs of selling it per tonne, losses on the way included."""
    plan = distribution.plan
    instance = plan.instance
    owned = bearers(instance, plan.program.money)
    columns = plan.program.columns
    product = pd.concat([columns[k][["column", "product"]] for k in ("ship", "sell", "store", "process")]).set_index("column")["product"]
    amounts = plan.amounts(owned[owned["account"].isin(PER_TONNE)])
    costs = amounts.groupby([amounts["column"].map(product), "account"])["amount_yuan"].sum().unstack(fill_value=0.0)
    harvest = plan.decisions("harvest").groupby("product")["value"].sum()
    sales = distribution.sales.groupby("product")["amount_fen"].sum() / 100
    frame = pd.DataFrame({"price": sales / harvest}).dropna()
    for account in PER_TONNE:
        frame[account] = (costs[account] / harvest if account in costs else 0.0 * harvest).reindex(frame.index).fillna(0.0)
    return frame.rename_axis("product").reset_index()
