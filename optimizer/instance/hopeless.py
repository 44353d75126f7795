"""Hopeless data, found by arithmetic before any solving."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from optimizer.instance.frames import problem_at
from optimizer.instance.instance import Instance
from optimizer.problems import Problem
from optimizer.texts import say


def subject_activities(instance: Instance, members: tuple[str, ...]) -> tuple[str, ...]:
    """The activities meant by products and activities: a product means every activity that yields it.

    An activity with several starts is meant by each of its names activity@period and by the name the planner gave it,
    by which table history knows it.
    """
    yields = instance.table("yields")
    products = set(members) & set(instance.universe("products"))
    of_product = set(yields.loc[yields["product"].isin(products) & (yields["yield_kg_per_mu"] > 0), "activity"])
    chosen = of_product | (set(members) & set(instance.universe("activities")))
    planned = dict.fromkeys(name.split("@")[0] for name in instance.universe("activities") if name in chosen)
    return tuple(dict.fromkeys((*(name for name in instance.universe("activities") if name in chosen), *planned)))


def tight_caps(instance: Instance, files: Mapping[str, str]) -> Iterator[Problem]:
    """A cap on each product's share of planted mu under which even all products together cannot fill the area.

    Answering it with an empty plan would be right by the letter and useless; so it is refused.
    """
    landed = set(instance.table("occupancy")["activity"])
    for rule in instance.table("rules").itertuples():
        if rule.rule != "max_share" or rule.denominator != "planted" or rule.share is None:
            continue
        groups = instance.groups("subjects", rule.of)
        covered: set[str] = set()
        count = 0
        for _, members in groups:
            activities = set(subject_activities(instance, members)) & landed
            count += bool(activities)
            covered |= activities
        if covered >= landed and count and rule.share * count < 1:
            expected = say("expected.loose_cap", rule=rule.name, count=count)
            yield problem_at(files, "rules", rule._1, "share", f"{float(rule.share):g}", expected)


def contracts_beyond_land(instance: Instance, files: Mapping[str, str]) -> Iterator[Problem]:
    """Hard contracts for more than all land could yield in all periods, all purchases and opening stock included."""
    land = instance.table("land").groupby("base")["area_mu"].sum()
    yields = instance.table("yields")
    landless = ~yields["activity"].isin(set(instance.table("occupancy")["activity"]))
    crops_per_year = len(instance.periods)
    share = max([1.0, *instance.table("lanes")["arrives_share"]])
    steps = share ** min(len(instance.universe("nodes")), 20)
    for contract in instance.table("contracts").itertuples():
        products = set(instance.members("products", contract.product))
        if not contract.hard or not instance.table("processes").empty:
            continue
        mine = yields["product"].isin(products) & (yields["yield_kg_per_mu"] > 0)
        if (mine & landless).any():
            continue
        best = yields[mine].groupby("base")["yield_kg_per_mu"].max()
        grown = float((best * land.reindex(best.index).fillna(0)).sum()) / 1000 * crops_per_year
        bought = instance.table("purchases").query("product in @products")["quantity_t"].sum()
        stock = instance.table("storage").query("product in @products")["opening_t"].sum()
        most = (grown + bought + stock) * steps
        if np.isfinite(most) and contract.quantity_t > most * (1 + 1e-9):
            expected = say("expected.deliverable", most=f"{most:.6g}")
            yield problem_at(files, "contracts", contract._1, "quantity_t", f"{contract.quantity_t:.15g}", expected)
