"""Checks that look across tables: each is a small function that yields what is wrong, with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from optimizer.instance.checks_cover import COVER
from optimizer.instance.checks_goods import GOODS
from optimizer.instance.checks_people import PEOPLE
from optimizer.instance.checks_rules import RULES
from optimizer.instance.checks_scenarios import UNCERTAINTY
from optimizer.instance.frames import each_member, problem_at
from optimizer.instance.hopeless import contracts_beyond_land, tight_caps
from optimizer.instance.instance import Instance
from optimizer.instance.network import network_problems, unreachable_markets
from optimizer.instance.remembering import Memory, remembered
from optimizer.problems import Problem
from optimizer.texts import say

Files = Mapping[str, str]
Check = Callable[[Instance, Files], Iterator[Problem]]


def check_instance(instance: Instance, files: Files, memory: Memory | None = None) -> tuple[list[Problem], list[str]]:
    """All problems across tables, and warnings that do not stop a solve. ``files`` names each table's file.

    A check that needs a table in which something is wrong already is left out. ``memory`` spares a check that was made
    before on the very same tables (another policy of one folder).
    """
    problems: list[Problem] = []
    warnings: list[str] = []
    memory = {} if memory is None else memory
    for check in CHECKS:
        problems += remembered(memory, check, instance, files) or []
    for look in (network_problems, products_without_market):
        trade, remarks = remembered(memory, look, instance, files) or ([], [])
        problems += trade
        warnings += remarks
    return problems, warnings


def something_to_decide(instance: Instance, files: Files) -> Iterator[Problem]:
    if instance.table("products").empty and instance.table("activities").empty:
        yield Problem(files["products"], None, "products", say("found.nothing"), say("expected.products"))


def names_of_nodes_differ(instance: Instance, files: Files) -> Iterator[Problem]:
    taken = set(instance.universe("bases"))
    for table, column in (("hubs", "hub"), ("markets", "market")):
        for row, name in instance.table(table)[["_row", column]].itertuples(index=False):
            if name in taken:
                yield problem_at(files, table, row, column, name, say("expected.own_node_name"))
        taken |= set(instance.table(table)[column])
    companies = instance.table("companies")
    for row, name in companies.loc[companies["company"].isin(instance.universe("bases")), ["_row", "company"]].itertuples(index=False):
        yield problem_at(files, "companies", row, "company", name, say("expected.own_party_name"))


def land_is_occupied(instance: Instance, files: Files) -> Iterator[Problem]:
    if instance.table("occupancy").empty and not instance.table("land").empty:
        yield Problem(files["occupancy"], None, "occupancy", say("found.nothing"), say("expected.occupancy"))


def activities_do_something(instance: Instance, files: Files) -> Iterator[Problem]:
    """An activity without yields and uses earns nothing: most likely its rows were forgotten or misspelt."""
    activities = instance.table("activities")
    known = {*instance.table("yields")["activity"], *instance.table("activity_use")["activity"]}
    terms = instance.table("rule_terms")
    known |= {word for text in terms["activity"] for word in text.split()}
    missing = activities[~activities["activity"].isin(known) & ~activities["activity_of"].isin(known)]
    for row, name in missing.drop_duplicates("activity_of")[["_row", "activity_of"]].itertuples(index=False):
        yield problem_at(files, "activities", row, "activity", name, say("expected.yield_rows"))


def resources_supplied(instance: Instance, files: Files) -> Iterator[Problem]:
    """A resource used where nobody supplies it would silently be zero (or free)."""
    supplied = _supplied(instance)
    for table in ("activity_use", "harvest_use"):
        frame = instance.table(table)
        keys = pd.MultiIndex.from_frame(frame[["base", "resource", "period"]])
        use = frame["use_per_mu" if table == "activity_use" else "use_per_t"] > 0
        missing = frame[use.to_numpy() & ~keys.isin(supplied)]
        for row in missing.drop_duplicates(["_row", "resource"]).itertuples():
            found = f"{row.resource} ({row.base}, {row.period})"
            yield problem_at(files, table, row._1, "resource", found, say("expected.supply"))


def _supplied(instance: Instance) -> pd.MultiIndex:
    supply = instance.table("supply")[["base", "resource", "period"]]
    supply = each_member(supply, "base", [instance.members("bases", scope) for scope in supply["base"]])
    work = instance.table("workers").merge(instance.table("commutes"), on="village", suffixes=("", "_commute"))
    parts = [supply, work[["base", "resource", "period"]]]
    uses = instance.table("activity_use")
    parts.append(uses.loc[uses["use_per_mu"] < 0, ["base", "resource", "period"]])
    return pd.MultiIndex.from_frame(pd.concat(parts)[["base", "resource", "period"]])


def one_pool_per_base(instance: Instance, files: Files) -> Iterator[Problem]:
    """Two pools for one base would leave open which of them a use is taken from."""
    supply = instance.table("supply")
    scopes = supply["base"].unique()
    if all(scope in instance.universe("bases") for scope in scopes):
        return
    each = each_member(supply.assign(pool=supply["base"]), "base", [instance.members("bases", scope) for scope in supply["base"]])
    each = each.drop_duplicates(["base", "resource", "period", "pool"])
    first = each.groupby(["base", "resource", "period"])["pool"].transform("first")
    for row in each.assign(first=first)[(each["pool"] != first).to_numpy()].drop_duplicates("_row").itertuples():
        expected = say("expected.one_pool", first=row.first, second=row.pool)
        yield problem_at(files, "supply", row._1, "base", f"{row.base}, {row.resource}, {row.period}", expected)


def no_beginning_in_a_cycle(instance: Instance, files: Files) -> Iterator[Problem]:
    """A cyclic year has no first and no last period: what lies before and after it has no meaning."""
    if not instance.periods.cyclic:
        return
    storage, history, cash = instance.table("storage"), instance.table("history"), instance.table("cash")
    cases = (
        ("storage", storage, "opening_t", storage["opening_t"] > 0),
        ("storage", storage, "closing_min_t", storage["closing_min_t"] > 0),
        ("storage", storage, "closing_max_t", storage["closing_max_t"] < float("inf")),
        ("storage", storage, "closing_value_yuan_per_t", storage["closing_value_yuan_per_t"] > 0),
        ("history", history, "area_mu", history["area_mu"] > 0),
        ("cash", cash, "opening_yuan", cash["opening_yuan"] > 0),
    )
    for table, frame, column, given in cases:
        for row, value in frame.loc[given, ["_row", column]].drop_duplicates("_row").itertuples(index=False):
            yield problem_at(files, table, row, column, f"{value:.15g}", say("expected.no_cycle"))


def products_without_market(instance: Instance, files: Files) -> tuple[list[Problem], list[str]]:
    """Products that are grown but that nothing can take: a warning, since an old stock may be all that matters."""
    takes = {*instance.table("demand")["product"], *instance.table("processes")["product"]}
    yields = instance.table("yields")
    takes |= set(yields.loc[yields["yield_kg_per_mu"] < 0, "product"])
    for scope in instance.table("own_use")["product"]:
        takes |= set(instance.members("products", scope))
    grown = sorted(set(yields.loc[yields["yield_kg_per_mu"] > 0, "product"]) - takes)
    return [], [say("warning.no_market", product=product) for product in grown]


CHECKS: tuple[Check, ...] = (
    something_to_decide,
    names_of_nodes_differ,
    land_is_occupied,
    activities_do_something,
    resources_supplied,
    one_pool_per_base,
    no_beginning_in_a_cycle,
    *GOODS,
    *RULES,
    *PEOPLE,
    *UNCERTAINTY,
    *COVER,
    tight_caps,
    contracts_beyond_land,
    unreachable_markets,
)
