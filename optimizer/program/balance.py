"""Rules of goods: nothing appears or vanishes at a node; lanes, stores and processes have limits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.instance.frames import each_member
from optimizer.instance.instance import Instance
from optimizer.instance.names import BOUGHT
from optimizer.program.decisions import area_yields
from optimizer.program.reach import STATE, next_period, open_lanes
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows, gives, make_rows, terms_of

LANE = ["product", "from_node", "to_node", "period"]


@gives("balance")
def balance(instance: Instance, columns: Columns) -> Rows:
    """Per commodity (origin and product), node and period, in tonnes:

    ship out + stock + sales + unsold + own use + use by activities + put into processes
    − harvest − buy − Σ arrives_share·ship in − keeps_share·stock before − made by processes = opening stock given

    Freight and lane capacity go by what is sent, sales by what arrives; losses lie in between.

    Shadow price: what one more tonne of that commodity would add at that node in that period.
    """
    terms = [*_inflows(instance, columns), *_outflows(columns)]
    return make_rows("balance", "t", STATE, terms, EQUAL, _opening_rhs(instance))


def _inflows(instance: Instance, columns: Columns) -> list[pd.DataFrame]:
    lanes = open_lanes(instance)[[*LANE, "arrives_share"]]
    arriving = columns["ship"].merge(lanes, on=LANE)
    keeps = instance.table("storage")[["node", "product", "keeps_share"]]
    kept = columns["store"].merge(keeps, on=["node", "product"]).merge(next_period(instance), on="period")
    made = columns["process"].rename(columns={"product": "put_in"})
    made = made.merge(instance.table("process_outputs").drop(columns="_row"), on="process")
    opening = columns["opening"].merge(keeps, on=["node", "product"]).assign(period=instance.periods.names[0])
    harvested = columns["harvest"].assign(origin=lambda f: f["base"], node=lambda f: f["base"])
    return [
        terms_of(harvested, -1.0),
        terms_of(columns["buy"], -1.0, origin=BOUGHT),
        terms_of(arriving, -arriving["arrives_share"]).rename(columns={"to_node": "node"}),
        terms_of(kept.drop(columns="period").rename(columns={"period_next": "period"}), -kept["keeps_share"]),
        terms_of(made, -made["t_per_t"]),
        terms_of(opening, -opening["keeps_share"]),
    ]


def _outflows(columns: Columns) -> list[pd.DataFrame]:
    return [
        terms_of(columns["ship"].rename(columns={"from_node": "node"})),
        terms_of(columns["store"]),
        terms_of(columns["sell"].rename(columns={"market": "node"})),
        terms_of(columns["unsold"]),
        terms_of(columns["own_use"]),
        terms_of(columns["consume"].rename(columns={"base": "node"})),
        terms_of(columns["process"]),
    ]


def _opening_rhs(instance: Instance) -> pd.DataFrame:
    """Opening stock that is given enters on the right-hand side (it has kept for one period)."""
    stock = instance.table("storage")
    given = stock[(stock["opening_t"] > 0) & ~stock["opening_decided"]]
    origin = given["opening_origin"].where(given["opening_origin"] != "", BOUGHT)
    return given.assign(origin=origin, period=instance.periods.names[0], rhs=given["opening_t"] * given["keeps_share"])


@gives("consume")
def consume(instance: Instance, columns: Columns) -> Rows:
    """Activities get what they use up (feed, seed):  Σ_a −yield[a,b,p,t]/1000 · area − Σ_o consume[o,p,b,t] = 0   (t).

    Shadow price: what one tonne of it, free of charge, would add.
    """
    keys = ["base", "product", "period"]
    needed = area_yields(instance, columns)
    needed = needed[needed["yield_kg_per_mu"] < 0]
    needed = terms_of(needed, -needed["yield_kg_per_mu"] / 1000)
    return make_rows("consume", "t", keys, [needed, terms_of(columns["consume"], -1.0)], EQUAL, 0.0)


@gives("lane_capacity", "lane_shared_capacity")
def lane_capacity(instance: Instance, columns: Columns) -> list[Rows]:
    """Lanes carry no more than they can, in tonnes sent per period, per product and all products together:

    ``lane_capacity``:  Σ_o ship[o,p,n,m,t] ≤ capacity,   ``lane_shared_capacity``:  Σ_{o,p} ship[o,p,n,m,t] ≤ shared_capacity   (t)

    Shadow price: what room for one more tonne on the lane would add.
    """
    lanes = open_lanes(instance)
    each = make_rows("lane_capacity", "t", LANE, [terms_of(columns["ship"])], AT_MOST, lanes.assign(rhs=lanes["capacity_t"]), True)
    keys = ["from_node", "to_node", "period"]
    shared = lanes.groupby(keys, as_index=False)["shared_capacity_t"].min().rename(columns={"shared_capacity_t": "rhs"})
    return [each, make_rows("lane_shared_capacity", "t", keys, [terms_of(columns["ship"])], AT_MOST, shared, True)]


@gives("throughput", "stock_capacity")
def node_capacity(instance: Instance, columns: Columns) -> list[Rows]:
    """What passes a node and what is stored there at the end of the period stays within its limits, for products P together:

    ``throughput``:  Σ_{p∈P} (harvest + buy + Σ arrives_share·ship in) ≤ throughput,   ``stock_capacity``:  Σ_{p∈P} store ≤ stock   (t)

    Shadow price: what room for one more tonne at the node in that period would add.
    """
    limits = instance.table("node_capacity")
    keys = ["node", "products", "period"]
    limits = limits.rename(columns={"product": "products"})
    members = limits[["node", "products"]].drop_duplicates()
    members = each_member(members, "product", [instance.members("products", text) for text in members["products"]])
    lanes = open_lanes(instance)[[*LANE, "arrives_share"]]
    arriving = columns["ship"].merge(lanes, on=LANE).rename(columns={"to_node": "node"})
    passing = [
        terms_of(columns["harvest"].rename(columns={"base": "node"})),
        terms_of(columns["buy"]),
        terms_of(arriving, arriving["arrives_share"]),
    ]
    passing = [frame.merge(members, on=["node", "product"]) for frame in passing]
    stored = terms_of(columns["store"]).merge(members, on=["node", "product"])
    return [
        make_rows("throughput", "t", keys, passing, AT_MOST, limits.assign(rhs=limits["throughput_t"]), True),
        make_rows("stock_capacity", "t", keys, [stored], AT_MOST, limits.assign(rhs=limits["stock_t"]), True),
    ]


@gives("closing_stock_min", "closing_stock_max")
def closing_stock(instance: Instance, columns: Columns) -> list[Rows]:
    """Stock after the last period T lies between what is required and what is allowed; a cyclic year has no last one:

    ``closing_stock_min``:  Σ_o store[o,p,n,T] ≥ closing_min,   ``closing_stock_max``:  Σ_o store[o,p,n,T] ≤ closing_max   (t)

    Shadow price: what one tonne more required, or one more allowed, would add.
    """
    if instance.periods.cyclic:
        return []
    keys = ["node", "product"]
    last = columns["store"][columns["store"]["period"] == instance.periods.names[-1]]
    stock = instance.table("storage")
    least = stock[stock["closing_min_t"] > 0]
    return [
        make_rows("closing_stock_min", "t", keys, [terms_of(last)], AT_LEAST, least.assign(rhs=least["closing_min_t"]), True),
        make_rows("closing_stock_max", "t", keys, [terms_of(last)], AT_MOST, stock.assign(rhs=stock["closing_max_t"]), True),
    ]


@gives("process_capacity")
def process_capacity(instance: Instance, columns: Columns) -> Rows:
    """A process takes no more than its capacity per period:  Σ_o process[o,i,n,t] ≤ capacity   (t put in).

    Shadow price: what room for one more tonne would add.
    """
    keys = ["process", "node", "period"]
    limits = instance.table("processes").merge(pd.DataFrame({"period": instance.periods.names}), how="cross")
    limits = limits[np.isfinite(limits["capacity_t"])].rename(columns={"capacity_t": "rhs"})
    return make_rows("process_capacity", "t", keys, [terms_of(columns["process"])], AT_MOST, limits, True)
