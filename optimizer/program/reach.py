"""Where goods can be: decisions exist only for goods that can get somewhere and be of use there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.instance.frames import each_member
from optimizer.instance.instance import Instance
from optimizer.instance.names import BOUGHT

STATE = ["origin", "product", "node", "period"]
SPOT = ["product", "node", "period"]


def next_period(instance: Instance) -> pd.DataFrame:
    """Pairs (period, period_next); the last period is followed by the first one in a cyclic year only."""
    periods = instance.periods
    pairs = [(name, periods.shifted(i, 1)) for i, name in enumerate(periods.names)]
    rows = [(name, periods.names[target]) for name, target in pairs if target >= 0]
    return pd.DataFrame(rows, columns=["period", "period_next"], dtype=object)


def open_lanes(instance: Instance) -> pd.DataFrame:
    """Lanes by ``from_node``, ``to_node``, product and period."""
    lanes = instance.table("lanes").rename(columns={"from": "from_node", "to": "to_node"})
    return lanes[lanes["arrives_share"] > 0].drop(columns=["_row"])


def admitted(instance: Instance, states: pd.DataFrame) -> np.ndarray:
    """Which goods a node takes: markets with ``registered_only`` take what is registered with them, no more."""
    markets = instance.table("markets")
    closed = set(markets.loc[markets["registered_only"], "market"])
    at_closed = states["node"].isin(closed)
    if not at_closed.any():
        return np.ones(len(states), dtype=bool)
    registered = pd.MultiIndex.from_frame(instance.table("registrations")[["base", "market", "product"]])
    wanted = pd.MultiIndex.from_frame(states[["origin", "node", "product"]])
    return (~at_closed | wanted.isin(registered)).to_numpy()


def reachable(instance: Instance, harvest: pd.DataFrame) -> pd.DataFrame:
    """All states (origin, product, node, period) goods can be in and still be of use; sorted."""
    sources = [
        harvest.rename(columns={"base": "origin"}).assign(node=lambda f: f["origin"]),
        instance.table("purchases").assign(origin=BOUGHT),
        _opening(instance),
    ]
    states = pd.concat([s[STATE] for s in sources], ignore_index=True).drop_duplicates()
    useful = pd.MultiIndex.from_frame(_useful(instance))
    found = states = _keep(instance, states, useful)
    while len(found):
        moved = pd.concat(_moves(instance, found), ignore_index=True).drop_duplicates()
        moved = _keep(instance, moved, useful)
        known = pd.MultiIndex.from_frame(states)
        found = moved[~pd.MultiIndex.from_frame(moved).isin(known)]
        states = pd.concat([states, found], ignore_index=True)
    return states.sort_values(STATE, ignore_index=True)


def _keep(instance: Instance, states: pd.DataFrame, useful: pd.MultiIndex) -> pd.DataFrame:
    states = states[pd.MultiIndex.from_frame(states[SPOT]).isin(useful)]
    return states[admitted(instance, states)].reset_index(drop=True)


def _opening(instance: Instance) -> pd.DataFrame:
    stock = instance.table("storage")
    stock = stock[stock["opening_t"] > 0]
    origin = stock["opening_origin"].where(stock["opening_origin"] != "", BOUGHT)
    return stock.assign(origin=origin, period=instance.periods.names[0])


def _moves(instance: Instance, states: pd.DataFrame) -> list[pd.DataFrame]:
    lanes = open_lanes(instance)[["from_node", "to_node", "product", "period"]]
    shipped = states.merge(lanes, left_on=["product", "node", "period"], right_on=["product", "from_node", "period"])
    kept = states.merge(instance.table("storage")[["node", "product"]], on=["node", "product"])
    kept = kept.merge(next_period(instance), on="period")
    made = states.merge(instance.table("processes")[["process", "node", "product"]], on=["node", "product"])
    made = made.drop(columns="product").merge(instance.table("process_outputs")[["process", "product"]], on="process")
    return [
        shipped.drop(columns="node").rename(columns={"to_node": "node"})[STATE],
        kept.drop(columns="period").rename(columns={"period_next": "period"})[STATE],
        made[STATE],
    ]


def _useful(instance: Instance) -> pd.DataFrame:
    """Spots (product, node, period) from which goods can be sold, used, stored to the end, processed or salvaged.

    What is grown or made may rot where it is, so that one product nobody takes does not forbid what is made beside it.
    """
    periods = pd.DataFrame({"period": list(instance.periods.names)}, dtype=object)
    yields = instance.table("yields")
    used = yields[yields["yield_kg_per_mu"] < 0].rename(columns={"base": "node"})
    grown = yields[yields["yield_kg_per_mu"] > 0].rename(columns={"base": "node"})
    own = instance.table("own_use")[["node", "product"]]
    own = each_member(own, "product", [instance.members("products", text) for text in own["product"]])
    storage = instance.table("storage")[["node", "product"]]
    made = instance.table("processes")[["process", "node"]].merge(instance.table("process_outputs")[["process", "product"]], on="process")
    parts = [
        instance.table("demand").rename(columns={"market": "node"})[SPOT],
        used[SPOT],
        grown[SPOT],
        own.merge(periods, how="cross")[SPOT],
        made.merge(periods, how="cross")[SPOT],
        storage.merge(periods.tail(1), how="cross")[SPOT],
        instance.table("purchases")[SPOT],
    ]
    useful = pd.concat(parts, ignore_index=True).drop_duplicates()
    lanes = open_lanes(instance)[["from_node", "to_node", "product", "period"]]
    outputs = instance.table("processes")[["process", "node", "product"]].merge(
        instance.table("process_outputs")[["process", "product"]].rename(columns={"product": "made"}), on="process"
    )
    following = next_period(instance)
    frontier = useful
    while len(frontier):
        back = frontier.merge(lanes, left_on=SPOT, right_on=["product", "to_node", "period"])
        held = frontier.merge(storage, on=["node", "product"]).rename(columns={"period": "period_next"})
        held = held.merge(following, on="period_next")
        source = frontier.rename(columns={"product": "made"}).merge(outputs, on=["node", "made"])
        before = pd.concat(
            [back.drop(columns="node").rename(columns={"from_node": "node"})[SPOT], held[SPOT], source[SPOT]],
            ignore_index=True,
        ).drop_duplicates()
        frontier = before[~pd.MultiIndex.from_frame(before).isin(pd.MultiIndex.from_frame(useful))]
        useful = pd.concat([useful, frontier], ignore_index=True)
    return useful
