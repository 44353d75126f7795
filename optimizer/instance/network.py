"""Guards on the shipping network, before any solving: markets nobody reaches, and cycles or trades that create
goods or money.

States are (node, product); lanes, processes, purchases and unlimited sales are arcs between them. Periods are looked
at one by one, since storage can only lose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.problems import Problem
from optimizer.texts import say

TOLERANCE = 1e-9


def unreachable_markets(instance: Instance, files: Mapping[str, str]) -> Iterator[Problem]:
    """Markets with demand for a product that no base, purchase or opening stock of it can reach."""
    graph = nx.DiGraph()
    lanes = instance.table("lanes")[["from", "to", "product"]].drop_duplicates()
    graph.add_edges_from(((product, start), (product, end)) for start, end, product in lanes.itertuples(index=False))
    outputs = instance.table("process_outputs")
    for process in instance.table("processes").itertuples():
        for product in outputs.loc[outputs["process"] == process.process, "product"]:
            graph.add_edge((process.product, process.node), (product, process.node))
    yields = instance.table("yields")
    grown = yields.loc[yields["yield_kg_per_mu"] > 0, ["product", "base"]].drop_duplicates()
    sources = [tuple(pair) for pair in grown.itertuples(index=False)]
    for table in ("purchases", "storage"):
        frame = instance.table(table)
        frame = frame[frame["opening_t"] > 0] if table == "storage" else frame
        sources += [tuple(pair) for pair in frame[["product", "node"]].drop_duplicates().itertuples(index=False)]
    graph.add_nodes_from(sources)
    reached = nx.multi_source_dijkstra_path_length(graph, set(sources), weight=None) if sources else {}
    demand = instance.table("demand")
    wanted = demand.loc[demand["quantity_t"] > 0, ["market", "_row"]].drop_duplicates("market")
    served = {market for market, product in demand[["market", "product"]].itertuples(index=False) if (product, market) in reached}
    for market, row in wanted.itertuples(index=False):
        if market not in served:
            yield Problem(files["demand"], int(row), "market", market, say("expected.reachable"))


def network_problems(instance: Instance, files: Mapping[str, str]) -> tuple[list[Problem], list[str]]:
    """Unlimited cycles and trades that create goods or money (problems), and those that just break even (warnings)."""
    problems: dict[str, Problem] = {}
    warnings: dict[str, None] = {}
    shown: set[tuple[object, ...]] = set()
    lanes = instance.table("lanes")
    free = lanes[np.isinf(lanes["capacity_t"]) & np.isinf(lanes["shared_capacity_t"])]
    by_period = dict(iter(free.groupby("period")))
    for period in instance.universe("periods"):
        arcs = _arcs(instance, by_period.get(period, free.head(0)))
        if tuple(arcs) not in shown:
            shown.add(tuple(arcs))
            problems.update(_problems_of_cycles(arcs, files))
        if not problems:
            for table, route, profit in _trades(instance, period, arcs):
                if profit > TOLERANCE:
                    expected = say("expected.no_money", profit=f"{profit:.2f}")
                    problems.setdefault(route, Problem(files[table], None, table, route, expected))
                else:
                    warnings.setdefault(say("warning.break_even", route=route))
    return list(problems.values()), list(warnings)


def _problems_of_cycles(arcs: list[Arc], files: Mapping[str, str]) -> dict[str, Problem]:
    goods = {r: say("expected.no_goods", gain=f"{gain:.4g}") for r, gain in _cycles_of_goods(arcs)}
    money = {r: say("expected.no_money", profit=f"{profit:.2f}") for r, profit in _paid_circles(arcs)}
    return {route: Problem(files["lanes"], None, "lanes", route, expected) for route, expected in {**money, **goods}.items()}


Arc = tuple[tuple[str, str], tuple[str, str], float, float]
"""From, to (each node and product), tonnes that arrive per tonne, cost in yuan per tonne sent."""


def _arcs(instance: Instance, lanes: pd.DataFrame) -> list[Arc]:
    """The unlimited arcs of one period; a limited one can lose or win only a limited amount."""
    columns = (lanes[c].tolist() for c in ("from", "to", "product", "arrives_share", "cost_yuan_per_t"))
    arcs: list[Arc] = [((start, product), (end, product), share, cost) for start, end, product, share, cost in zip(*columns, strict=True)]
    outputs = instance.table("process_outputs")
    for process in instance.table("processes").itertuples():
        made = outputs[outputs["process"] == process.process]
        if np.isinf(process.capacity_t) and len(made) == 1:
            arcs.append(
                ((process.node, process.product), (process.node, made["product"].iloc[0]), float(made["t_per_t"].iloc[0]),
                 float(process.cost_yuan_per_t))
            )  # fmt: skip
    return arcs


def _route(states: list[tuple[str, str]]) -> str:
    products = {product for _, product in states}
    if len(products) == 1:
        return f"{next(iter(products))}: " + " -> ".join(node for node, _ in states)
    return " -> ".join(f"{product} at {node}" for node, product in states)


def _cycles_of_goods(arcs: list[Arc]) -> Iterator[tuple[str, float]]:
    """One cycle per strongly connected part that returns more goods than it takes."""
    graph = nx.DiGraph()
    for start, end, share, cost in arcs:
        if share <= 0:
            continue
        weight = -np.log(share)
        if not graph.has_edge(start, end) or weight < graph[start][end]["weight"]:
            graph.add_edge(start, end, weight=weight, share=share, cost=cost)
    for part in nx.strongly_connected_components(graph):
        if len(part) < 2:
            continue
        inner = graph.subgraph(part)
        if min(w for _, _, w in inner.edges(data="weight")) < -TOLERANCE:
            start = min(part)
            try:
                cycle = nx.find_negative_cycle(inner, start, weight="weight")
            except nx.NetworkXError:
                cycle = []
            gain = float(np.prod([inner[a][b]["share"] for a, b in pairwise(cycle)])) if cycle else 1.0
            if gain > 1 + TOLERANCE:
                yield _route(cycle), gain


def _paid_circles(arcs: list[Arc]) -> Iterator[tuple[str, float]]:
    """One cycle per strongly connected part that brings the same goods back and pays for being driven."""
    graph = nx.DiGraph()
    for start, end, share, cost in arcs:
        if share >= 1 and (not graph.has_edge(start, end) or cost < graph[start][end]["cost"]):
            graph.add_edge(start, end, cost=cost)
    if not any(cost < 0 for _, _, cost in graph.edges(data="cost")):
        return
    for part in nx.strongly_connected_components(graph):
        inner = graph.subgraph(part)
        if len(part) < 2 or not any(cost < 0 for _, _, cost in inner.edges(data="cost")):
            continue
        try:
            cycle = nx.find_negative_cycle(inner, min(part), weight="cost")
        except nx.NetworkXError:
            continue
        profit = -sum(inner[a][b]["cost"] for a, b in pairwise(cycle))
        if profit > TOLERANCE:
            yield _route(cycle), profit


def _trades(instance: Instance, period: str, arcs: list[Arc]) -> Iterator[tuple[str, str, float]]:
    """Purchases without limit that an unlimited market takes at a profit, and lane cycles that pay for being driven.

    ``worth`` is the most a tonne of a product at a node can fetch by unlimited lanes, found by relaxing every arc as
    often as there are states (Bellman and Ford); what still improves after that is a cycle that makes money.
    """
    purchases = instance.table("purchases")
    offered = purchases[(purchases["period"] == period) & np.isinf(purchases["quantity_t"])]
    if offered.empty and not any(share > 1 or cost < 0 for _, _, share, cost in arcs):
        return
    demand = instance.table("demand")
    open_ended = demand[(demand["period"] == period) & np.isinf(demand["quantity_t"])]
    grouped = {
        (market, product)
        for market, scope in instance.table("group_demand")[["market", "product"]].itertuples(index=False)
        for product in instance.members("products", scope)
    }
    worth: dict[tuple[str, str], tuple[float, list[tuple[str, str]]]] = {}
    limited = not instance.table("market_limits").empty
    for row in open_ended.itertuples():
        state = (row.market, row.product)
        price = row.price_yuan_per_kg * 1000 * (1 - row.fee_share) - row.handling_yuan_per_t
        if state not in grouped and not limited and price > worth.get(state, (-np.inf, []))[0]:
            worth[state] = (price, [state])
    states = {state for start, end, *_ in arcs for state in (start, end)}
    products = instance.table("products").set_index("product")
    for state in states:
        if state not in worth and state[1] in products.index and products.loc[state[1], "unsold"] == "allowed":
            worth[state] = (products.loc[state[1], "salvage_yuan_per_kg"] * 1000, [state])
    for sweep in range(len(states) + 1):
        improved = False
        for start, end, share, cost in arcs:
            if end in worth:
                value = worth[end][0] * share - cost
                if value > worth.get(start, (-np.inf, []))[0] + 1e-7:
                    worth[start] = (value, [start, *worth[end][1]][: len(states) + 2])
                    improved = True
                    if sweep == len(states):
                        yield "lanes", _route(_loop(worth[start][1])), value
                        return
        if not improved:
            break
    for row in offered.itertuples():
        value, route = worth.get((row.node, row.product), (-np.inf, []))
        profit = value - row.price_yuan_per_kg * 1000
        if profit >= -TOLERANCE:
            yield "purchases", _route(route), profit


def _loop(states: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first cycle in a walk."""
    for i, state in enumerate(states):
        if state in states[i + 1 :]:
            return states[i : states.index(state, i + 1) + 1]
    return states
