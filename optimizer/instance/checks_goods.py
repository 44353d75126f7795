"""Checks of what is moved, bought and sold: tiers, lanes, purchases, contracts and limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from optimizer.instance.frames import problem_at
from optimizer.instance.instance import Instance
from optimizer.problems import Problem, nearest
from optimizer.texts import say

Files = Mapping[str, str]


def prices_of_tiers(instance: Instance, files: Files) -> Iterator[Problem]:
    """Within a channel selling prices fall and buying prices rise; else the program would fill tier 2 first."""
    steps = (
        ("demand", ["market", "product", "period", "channel"], "price_yuan_per_kg", -1, "expected.falling"),
        ("purchases", ["node", "product", "period", "channel"], "price_yuan_per_kg", 1, "expected.rising"),
        ("group_demand", ["market", "product", "period"], "price_cut_yuan_per_kg", 1, "expected.rising_cut"),
    )
    for table, keys, price, sign, expected in steps:
        frame = instance.table(table).sort_values([*keys, "tier"])
        wrong = frame.duplicated(keys) & (sign * frame[price].diff() < 0)
        for row, value in frame.loc[wrong, ["_row", price]].drop_duplicates("_row").itertuples(index=False):
            yield problem_at(files, table, row, price, f"{value:.15g}", say(expected))


def lanes_join_two_nodes(instance: Instance, files: Files) -> Iterator[Problem]:
    lanes = instance.table("lanes")
    for row, node in lanes.loc[lanes["from"] == lanes["to"], ["_row", "to"]].drop_duplicates().itertuples(index=False):
        yield problem_at(files, "lanes", row, "to", node, say("expected.another_node"))


def capacities_agree(instance: Instance, files: Files) -> Iterator[Problem]:
    lanes = instance.table("lanes")
    keys = ["from", "to", "period"]
    figures = lanes.groupby(keys)["shared_capacity_t"].transform("nunique")
    differing = lanes[(figures > 1) & np.isfinite(lanes["shared_capacity_t"])]
    for row in differing.drop_duplicates(keys).drop_duplicates("_row").itertuples():
        found = f"{row.shared_capacity_t:.15g} ({row._2} - {row.to}, {row.period})"
        yield problem_at(files, "lanes", row._1, "shared_capacity_t", found, say("expected.same_capacity"))


def one_buyer(instance: Instance, files: Files) -> Iterator[Problem]:
    """Where the sales are divided, bought goods need an owner, and one only: their origin is one for all."""
    purchases = instance.table("purchases").drop_duplicates("_row")
    if not instance.split or purchases.empty:
        return
    for row in purchases.loc[purchases["buyer"] == "", "_row"]:
        yield problem_at(files, "purchases", row, "buyer", say("found.blank"), say("expected.buyer"))
    named = purchases[purchases["buyer"] != ""].sort_values("_row")
    for row, buyer in named.loc[named["buyer"] != named["buyer"].iloc[:1].sum(), ["_row", "buyer"]].itertuples(index=False):
        yield problem_at(files, "purchases", row, "buyer", buyer, say("expected.one_buyer", buyer=named["buyer"].iloc[0]))


def one_payer(instance: Instance, files: Files) -> Iterator[Problem]:
    """A penalty that a company or base pays needs one company or base to pay it."""
    if not instance.split:
        return
    company = instance.table("bases").set_index("base")["company"]
    for contract in instance.table("contracts").itertuples():
        if contract.hard or contract.shortfall_yuan_per_kg == 0 or contract.payer == "government":
            continue
        bases = [b for b in instance.members("origins", contract.base) if b in company.index]
        payers = sorted({str(company[b]) for b in bases} if contract.payer == "company" else set(bases))
        if len(payers) != 1:
            found = f"{contract.base} ({', '.join(payers) or say('found.nothing')})"
            yield problem_at(files, "contracts", contract._1, "base", found, say("expected.one_payer", payer=contract.payer))


def channels_exist(instance: Instance, files: Files) -> Iterator[Problem]:
    """A limit or contract on a channel nobody sells or buys through would be passed over in silence."""
    sold, bought = (sorted(set(instance.table(table)["channel"])) for table in ("demand", "purchases"))
    for row in instance.table("market_limits").itertuples():
        known = sold if row.direction == "sell" else bought
        if row.channel != "*" and row.channel not in known:
            yield _no_channel(files, "market_limits", row, known)
    for row in instance.table("contracts").itertuples():
        if row.channel != "*" and row.channel not in sold:
            yield _no_channel(files, "contracts", row, sold)


def _no_channel(files: Files, table: str, row: object, known: list[str]) -> Problem:
    channel: str = row.channel  # type: ignore[attr-defined]
    expected = say("expected.channel", known=", ".join(known) or say("found.nothing"))
    return problem_at(files, table, row._1, "channel", channel, expected, nearest(channel, known))  # type: ignore[attr-defined]


def contracts_and_limits_agree(instance: Instance, files: Files) -> Iterator[Problem]:
    """What must be there cannot be more than what may be there."""
    pairs = (
        ("contracts", "quantity_t", "at_most_t"),
        ("storage", "closing_min_t", "closing_max_t"),
        ("known_facts", "low", "high"),
    )
    for table, least, most in pairs:
        frame = instance.table(table)
        wrong = frame[frame[least] > frame[most]].drop_duplicates("_row")
        for row, low, high in wrong[["_row", least, most]].itertuples(index=False):
            yield problem_at(files, table, row, most, f"{high:.15g}", say("expected.at_least", column=least, figure=f"{low:.15g}"))


GOODS = (
    prices_of_tiers,
    lanes_join_two_nodes,
    capacities_agree,
    one_buyer,
    one_payer,
    channels_exist,
    contracts_and_limits_agree,
)
