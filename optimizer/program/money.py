"""Money as the program sees it: every yuan a decision earns or costs, booked to an account, with who it concerns.

These terms are the only place where money meets decisions. Objectives, participation, the party accounts and the
ledger all read them, so that what is reported is what was decided.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.instance.document import COST_ACCOUNTS
from optimizer.instance.instance import Instance
from optimizer.instance.names import BOUGHT
from optimizer.program import insurance, promotion
from optimizer.program.balance import LANE
from optimizer.program.calendar import with_planting_period
from optimizer.program.decisions import group_members, pools
from optimizer.program.reach import open_lanes
from optimizer.program.resources import KEYS as RESOURCE
from optimizer.program.rows import Columns

INCOME = ("sales", "resale", "salvage", "letting", "own_use", "closing_stock", "payouts")
COSTS = (*COST_ACCOUNTS, "purchases", "shortfall")
SIGN = {**dict.fromkeys(INCOME, 1.0), **dict.fromkeys(COSTS, -1.0)}
"""Accounts of the chain; the margin is their signed sum. Price cuts of shared capacity are negative sales."""

COLUMNS = ["account", "base", "company", "village", "bearer", "period", "column", "yuan"]


def money_terms(instance: Instance, columns: Columns) -> pd.DataFrame:
    """All money of the chain: account, base, company, village ('' where it has none), period, column, yuan per unit.

    Figures are positive for their account; SIGN says whether the account is an income or a cost.
    """
    parts = [part for source in SOURCES for part in source(instance, columns) if len(part)]
    frame = pd.concat([_complete(part) for part in parts], ignore_index=True) if parts else _complete(pd.DataFrame())
    frame = frame[frame["yuan"] != 0].reset_index(drop=True)
    company = dict(instance.table("bases")[["base", "company"]].itertuples(index=False))
    own = frame["company"] != ""
    frame["company"] = frame["company"].where(own, [company.get(base, "") for base in frame["base"]])
    return frame


def _complete(part: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({c: part.get(c, "") for c in COLUMNS}, columns=COLUMNS)


def _book(frame: pd.DataFrame, account: object, yuan: object, **more: object) -> pd.DataFrame:
    return frame.assign(account=account, yuan=yuan, **more)


def _owned(frame: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    """``base`` and ``company`` of goods: the base of origin, or for bought goods whoever bought them."""
    buyer = next((b for b in instance.table("purchases")["buyer"] if b), "")
    is_base = buyer in instance.universe("bases")
    bought = frame["origin"] == BOUGHT
    base = frame["origin"].where(~bought, buyer if is_base else "")
    return frame.assign(base=base, company=np.where(bought & (not is_base), buyer, ""))


def growing(instance: Instance, columns: Columns) -> Iterator[pd.DataFrame]:
    """Inputs per mu in the period of planting; harvesting per tonne; rent per rented mu in the first period of the year."""
    cost = instance.table("activities").set_index("activity")["input_cost_yuan_per_mu"]
    area = with_planting_period(instance, columns["area"])
    yield _book(area, "inputs", area["data_activity"].map(cost))
    per_tonne = instance.table("products").set_index("product")["harvest_cost_yuan_per_t"]
    yield _book(columns["harvest"], "harvest", columns["harvest"]["product"].map(per_tonne))
    first = {year: name for name, year in reversed(list(zip(instance.periods.names, instance.periods.years, strict=True)))}
    rented = columns["rented"].merge(instance.table("land"), on=["base", "land_class"])
    yield _book(rented, "rent", rented["rent_yuan_per_mu"], period=rented["year"].map(first))


def resources(instance: Instance, columns: Columns) -> Iterator[pd.DataFrame]:
    """Own use and hiring at their prices, villagers' work at its wage (and travel), letting as income."""
    account = instance.table("resources").set_index("resource")["account"]
    supply = pools(instance)[[*RESOURCE, "own_price_yuan", "hire_price_yuan", "let_price_yuan"]]
    for kind in ("own", "hire", "let"):
        frame = columns[kind].merge(supply, on=RESOURCE)
        booked = "letting" if kind == "let" else frame["resource"].map(account)
        yield _book(frame, booked, frame[f"{kind}_price_yuan"])
    work = columns["work"].merge(instance.table("workers"), on=["village", "resource", "period"])
    yield _book(work, work["resource"].map(account), work["wage_yuan_per_day"])
    travel = work.merge(instance.table("commutes"), on=["village", "base"])
    yield _book(travel, travel["resource"].map(account), travel["cost_yuan_per_day"], village="")


def moving(instance: Instance, columns: Columns) -> Iterator[pd.DataFrame]:
    """Freight per tonne sent, storage per tonne kept, processing per tonne put in."""
    lanes = open_lanes(instance)
    ship = _owned(columns["ship"].merge(lanes[[*LANE, "cost_yuan_per_t"]], on=LANE), instance)
    yield _book(ship, "freight", ship["cost_yuan_per_t"])
    store = _owned(columns["store"].merge(instance.table("storage"), on=["node", "product"]), instance)
    yield _book(store, "storage", store["cost_yuan_per_t"])
    last = instance.periods.names[-1]
    left = store[(store["period"] == last) & (not instance.periods.cyclic)]
    yield _book(left, "closing_stock", left["closing_value_yuan_per_t"])
    process = columns["process"].merge(instance.table("processes")[["process", "node", "cost_yuan_per_t"]], on=["process", "node"])
    yield _book(_owned(process, instance), "processing", process["cost_yuan_per_t"])


def selling(instance: Instance, columns: Columns) -> Iterator[pd.DataFrame]:
    """Sales at the price of their tier, fees and handling; the cuts of shared capacity lower the sales."""
    keys = ["market", "product", "period", "channel", "tier"]
    sell = _owned(columns["sell"].merge(instance.table("demand"), on=keys), instance)
    grown = sell["origin"] != BOUGHT
    yield _book(sell, np.where(grown, "sales", "resale"), sell["price_yuan_per_kg"] * 1000)
    yield _book(sell, "fees", sell["price_yuan_per_kg"] * 1000 * sell["fee_share"])
    yield _book(sell, "handling", sell["handling_yuan_per_t"])
    groups = group_members(instance).drop_duplicates(["market", "group", "period", "tier"])
    cut = _owned(columns["group_sell"].merge(groups, on=["market", "group", "period", "tier"]), instance)
    account = np.where(cut["origin"] != BOUGHT, "sales", "resale")
    yield _book(cut, account, -cut["price_cut_yuan_per_kg"] * 1000)


def other_goods(instance: Instance, columns: Columns) -> Iterator[pd.DataFrame]:
    """Purchases, salvage of what stays unsold, the value of own use, and penalties for contracts not met."""
    keys = ["node", "product", "period", "channel", "tier"]
    buy = columns["buy"].merge(instance.table("purchases")[[*keys, "price_yuan_per_kg"]], on=keys)
    yield _book(_owned(buy.assign(origin=BOUGHT), instance), "purchases", buy["price_yuan_per_kg"] * 1000)
    salvage = instance.table("products").set_index("product")["salvage_yuan_per_kg"]
    unsold = columns["unsold"]
    yield _book(_owned(unsold, instance), "salvage", unsold["product"].map(salvage) * 1000)
    needs = instance.table("own_use").rename(columns={"product": "need", "period": "when"})
    own = columns["own_use"].merge(needs[["node", "need", "when", "value_yuan_per_kg"]], on=["node", "need", "when"])
    yield _book(_owned(own, instance), "own_use", own["value_yuan_per_kg"] * 1000)
    contracts = instance.table("contracts")
    missed = columns["shortfall"].merge(contracts, on="contract")
    first = [instance.members("origins", scope)[0] for scope in missed["base"]]
    missed["base"] = ["" if origin == BOUGHT else origin for origin in first]
    last = [instance.members("periods", scope)[-1] for scope in missed["period"]]
    yield _book(missed, "shortfall", missed["shortfall_yuan_per_kg"] * 1000, period=last, bearer=missed["payer"])


def covering(instance: Instance, columns: Columns) -> Iterator[pd.DataFrame]:
    """Premiums less their subsidy in the period of planting; what insurers pay out in the period of the last harvest (or the
    last one in which the price is observed); what promotion costs in the first period it opens sales in."""
    insured = insurance.cover_terms(instance, columns)
    yield _book(insured, "premiums", insured["own_yuan_per_mu"])
    paid = insured.assign(bearer="", period=insured["payout_period"])
    yield _book(paid, "payouts", paid["payout_yuan_per_mu"])
    yield _book(promotion.spent(instance, columns), "promotion", 1.0)


SOURCES = (growing, resources, moving, selling, other_goods, covering)


def vector(terms: pd.DataFrame, count: int, weight: object = 1.0) -> np.ndarray:
    """Yuan per unit of every decision, summed over ``terms``."""
    values = terms["yuan"].to_numpy(dtype=float) * weight
    return np.bincount(terms["column"].to_numpy(dtype=np.int64), weights=values, minlength=count)
