"""Money from the sales to whoever keeps it: one flow from products to parties, costs, balances and households."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from optimizer.report.charts import Link, Node, flows
from optimizer.report.contents import Report
from optimizer.report.naming import Names, account, translucent
from optimizer.report.parts import Chart, Legend, Part, Section
from optimizer.report.wording import FEN, money, number, with_unit
from optimizer.texts import say

PARTIES = ("company", "base", "collective", "government")
PARTY_COLOURS = {"company": "#6A51A3", "base": "#8C6D31", "collective": "#7A8B00", "government": "#A0A0A0", "households": "#D55E00"}
COST, KEPT, MISSING, INCOME = "#A0A7AE", "#3C4650", "#C1272D", "#C9CED3"
SALES = "sales"
COLUMN = {"product": 0, "income": 0, "missing": 0, SALES: 1, "party": 2, "account": 3, "kept": 3, "households": 4}
LEAST_SHARE = 0.0005
"""Flows below this share of the whole are not drawn (they stand in the tables)."""

UNITS = ("report.large_money_unit", "report.table_money")

Flow = tuple[str, str, float]


def money_flow(report: Report, names: Names) -> Section | None:
    """From sales by product over the split to costs, balances and households; nothing without sales."""
    found = pd.DataFrame(list(money_flows(report)), columns=["source", "target", "fen"])
    found = found.groupby(["source", "target"], as_index=False, sort=False)["fen"].sum()
    found = found[found["fen"] > LEAST_SHARE * found["fen"].max()] if len(found) else found
    if found.empty or not len(report.distribution.sales):
        return None
    unit = _unit(float(found["fen"].max()))
    nodes = _nodes(found, names, unit)
    colours = {node.key: node.colour for node in nodes}
    labels = {node.key: node_label(node.key, names) for node in nodes}
    links = []
    for flow in found.itertuples():
        coloured = flow.source if flow.source.startswith(("product:", "party:", "households")) else flow.target
        hint = say("report.flow.money_hint", source=labels[flow.source], target=labels[flow.target], amount=money(flow.fen))
        links.append(Link(flow.source, flow.target, flow.fen / 100, translucent(colours[coloured], 0.5), hint))
    data, layout = flows(nodes, links, 600, (250, 130))
    parties = [(say(f"report.parties.{p}"), c) for p, c in PARTY_COLOURS.items() if f"party:{p}" in colours or p in colours]
    parts: list[Part] = []
    if len(parties) > 1:
        parts.append(Legend(tuple(parties), say("report.money_remark")))
    parts.append(Chart("money", with_unit(say("report.caption.money"), say(unit)), data, layout, 960, is_scaled=True))
    return Section("money", say("report.title.money"), tuple(parts))


def money_flows(report: Report) -> Iterator[Flow]:
    """All flows as (source, target, fen) between nodes named ``kind:name``."""
    distribution = report.distribution
    for product, fen in distribution.sales.groupby("product")["amount_fen"].sum().items():
        yield f"product:{product}", SALES, float(fen)
    ledger = distribution.ledger
    sums = ledger.groupby(["account", "payer", "receiver"], as_index=False)["amount_fen"].sum()
    came: dict[str, float] = {}
    went: dict[str, float] = {}
    for line in sums.itertuples():
        fen, paid = float(line.amount_fen), line.payer in PARTIES
        if line.account == "sale" and line.receiver in PARTIES:  # nothing is split: the sales are the base's own
            flow = (SALES, f"party:{line.receiver}", fen)
        elif line.payer == "clearing":
            flow = (SALES, "households" if line.receiver == "pot" else f"party:{line.receiver}", fen)
        elif paid:
            flow = (f"party:{line.payer}", f"account:{line.account}", fen)
        elif line.receiver in PARTIES:
            flow = (f"income:{line.account}", f"party:{line.receiver}", fen)
        else:
            continue
        yield flow
        went[flow[0]] = went.get(flow[0], 0.0) + fen
        came[flow[1]] = came.get(flow[1], 0.0) + fen
    yield from _balances(report, came, went)
    yield from _to_households(report)


def _balances(report: Report, came: dict[str, float], went: dict[str, float]) -> Iterator[Flow]:
    """What each kind of party keeps, and what those with a loss lack."""
    parties = report.distribution.parties
    for key in sorted({*came, *went}):
        if not key.startswith("party:"):
            continue
        party = key.split(":")[1]
        own = parties.loc[parties["party"] == party, "balance_fen"] if len(parties) else pd.Series(dtype="int64")
        lost = float(-own[own < 0].sum()) if len(own) else max(went.get(key, 0.0) - came.get(key, 0.0), 0.0)
        kept = came.get(key, 0.0) - went.get(key, 0.0) + lost
        if kept > 0:
            yield key, f"kept:{party}", kept
        if lost > 0:
            yield f"missing:{party}", key, lost


def _to_households(report: Report) -> Iterator[Flow]:
    """Wages and rents that reach households of the register."""
    for name, fen in sorted(report.distribution.paid_fen().items()):
        if fen and name not in ("dividend", "share"):  # these come from pots, which are told by themselves
            yield f"account:{'labour' if name == 'wage' else name}", "households", float(fen)


def _unit(largest: float) -> str:
    """The catalogue's unit of money in which the largest flow has two figures or more before the point."""
    return next((unit for unit in UNITS if largest / FEN >= 10 * float(say(f"{unit}.yuan"))), "report.yuan")


def _nodes(found: pd.DataFrame, names: Names, unit: str) -> list[Node]:
    """Nodes by column; products and costs by size, parties by their part, balances at the foot."""
    size = pd.concat([found.groupby("source")["fen"].sum(), found.groupby("target")["fen"].sum()], axis=1).max(axis=1)
    through = {str(key): float(fen) for key, fen in size.items()}
    order = {kind: i for i, kind in enumerate(("product", "income", "missing", SALES, "party", "account", "kept", "households"))}
    present = {COLUMN[key.split(":")[0]] for key in through}
    position = {column: i for i, column in enumerate(sorted(present))}
    keys = sorted(through, key=lambda k: (order[k.split(":")[0]], -through[k], k))
    rank = {key: i for i, key in enumerate(keys)}
    payer = found.sort_values("fen").groupby("target")["source"].last()  # costs and balances stand beside who pays them
    keys.sort(key=lambda k: rank[payer[k]] if COLUMN[k.split(":")[0]] == COLUMN["account"] else -1)
    keys.sort(key=lambda k: COLUMN[k.split(":")[0]])
    size_of_unit = float(say(f"{unit}.yuan"))
    decimals = 1 if max(through.values()) / FEN / size_of_unit < 10_000 else 0
    nodes = []
    for key in keys:
        label = say("report.flow.node", name=node_label(key, names), amount=number(through[key] / FEN / size_of_unit, decimals))
        nodes.append(Node(key, label, _colour(key, names), position[COLUMN[key.split(":")[0]]]))
    return nodes


def node_label(key: str, names: Names) -> str:
    """What a node stands for, in words."""
    kind, _, name = key.partition(":")
    if kind == "product":
        return names.of("products", name)
    if kind in ("account", "income"):
        return account(name)
    if kind in ("kept", "missing"):
        return say(f"report.flow.{kind}", party=say(f"report.parties.{name}"))
    return say(f"report.parties.{name}") if kind == "party" else say(f"report.flow.{key}")


def _colour(key: str, names: Names) -> str:
    kind, _, name = key.partition(":")
    if kind == "product":
        return names.colour(name)
    if kind == "party":
        return PARTY_COLOURS[name]
    return {"kept": KEPT, "missing": MISSING, "income": INCOME, SALES: KEPT, "households": PARTY_COLOURS["households"]}.get(kind, COST)
