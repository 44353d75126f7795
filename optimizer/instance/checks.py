"""Checks that look across tables: each is a small function that yields what is wrong, with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from optimizer.instance.document import COST_ACCOUNTS, OBJECTIVES
from optimizer.instance.frames import each_member
from optimizer.instance.hopeless import contracts_beyond_land, tight_caps
from optimizer.instance.instance import Instance, in_force
from optimizer.instance.network import network_problems, unreachable_markets
from optimizer.problems import Problem, nearest
from optimizer.texts import say

Files = Mapping[str, str]
Check = Callable[[Instance, Files], Iterator[Problem]]


def check_instance(instance: Instance, files: Files) -> tuple[list[Problem], list[str]]:
    """All problems across tables, and warnings that do not stop a solve. ``files`` names each table's file."""
    problems = [problem for check in CHECKS for problem in check(instance, files)]
    trade, warnings = network_problems(instance, files)
    return problems + trade, warnings + products_without_market(instance)


def _problem(files: Files, table: str, row: object, column: str, found: object, expected: str, near: str = "") -> Problem:
    return Problem(files[table], int(row), column, str(found), expected, near)  # type: ignore[call-overload]


def something_to_decide(instance: Instance, files: Files) -> Iterator[Problem]:
    if instance.table("products").empty and instance.table("activities").empty:
        yield Problem(files["products"], None, "", say("found.nothing"), say("expected.products"))


def prices_of_tiers(instance: Instance, files: Files) -> Iterator[Problem]:
    """Within a channel selling prices fall and buying prices rise; else the program would fill tier 2 first."""
    steps = (
        ("demand", ["market", "product", "period", "channel"], "price_yuan_per_kg", -1, "expected.falling"),
        ("purchases", ["node", "product", "period", "channel"], "price_yuan_per_kg", 1, "expected.rising"),
        ("group_demand", ["market", "product", "period"], "price_cut_yuan_per_kg", 1, "expected.rising_cut"),
    )
    for table, keys, price, sign, expected in steps:
        frame = instance.table(table).sort_values([*keys, "tier"])
        same = frame.duplicated(keys)
        wrong = same & (sign * frame[price].diff() < 0)
        reported: set[int] = set()
        for row, value in frame.loc[wrong, ["_row", price]].itertuples(index=False):
            if row not in reported:
                reported.add(row)
                yield _problem(files, table, row, price, f"{value:g}", say(expected))


def resources_supplied(instance: Instance, files: Files) -> Iterator[Problem]:
    """A resource used where nobody supplies it would silently be zero (or free)."""
    supplied = _supplied(instance)
    for table in ("activity_use", "harvest_use"):
        frame = instance.table(table)
        keys = pd.MultiIndex.from_frame(frame[["base", "resource", "period"]])
        use = frame[["use_per_mu" if table == "activity_use" else "use_per_t"]].iloc[:, 0] > 0
        missing = frame[use.to_numpy() & ~keys.isin(supplied)]
        for _, row in missing.drop_duplicates(["_row"]).iterrows():
            found = f"{row['resource']} ({row['base']}, {row['period']})"
            yield _problem(files, table, row["_row"], "resource", found, say("expected.supply"))


def _supplied(instance: Instance) -> pd.MultiIndex:
    supply = instance.table("supply")[["base", "resource", "period"]]
    supply = each_member(supply, "base", [instance.members("bases", scope) for scope in supply["base"]])
    work = instance.table("workers").merge(instance.table("commutes"), on="village", suffixes=("", "_commute"))
    parts = [supply, work[["base", "resource", "period"]]]
    uses = instance.table("activity_use")
    parts.append(uses.loc[uses["use_per_mu"] < 0, ["base", "resource", "period"]])
    return pd.MultiIndex.from_frame(pd.concat(parts)[["base", "resource", "period"]])


def one_pool_per_base(instance: Instance, files: Files) -> Iterator[Problem]:
    supply = instance.table("supply")
    for (resource, period), group in supply.groupby(["resource", "period"]):
        seen: dict[str, str] = {}
        for scope, row in zip(group["base"], group["_row"], strict=True):
            for base in instance.members("bases", scope):
                if base in seen and seen[base] != scope:
                    yield _problem(files, "supply", row, "base", f"{base}, {resource}, {period}",
                                   say("expected.one_pool", first=seen[base], second=scope))  # fmt: skip
                    return
                seen[base] = scope


def lanes_join_two_nodes(instance: Instance, files: Files) -> Iterator[Problem]:
    lanes = instance.table("lanes")
    for row, node in lanes.loc[lanes["from"] == lanes["to"], ["_row", "to"]].drop_duplicates().itertuples(index=False):
        yield _problem(files, "lanes", row, "to", node, say("expected.another_node"))


def names_of_nodes_differ(instance: Instance, files: Files) -> Iterator[Problem]:
    nodes = instance.universe("nodes")
    for name in sorted({n for n in nodes if nodes.count(n) > 1}):
        yield Problem(files["markets"], None, "market", name, say("expected.own_node_name"))


def land_classes_have_land(instance: Instance, files: Files) -> Iterator[Problem]:
    land = instance.table("land")
    if instance.table("occupancy").empty and not land.empty:
        yield Problem(files["occupancy"], None, "", say("found.nothing"), say("expected.occupancy"))


def occupancy_only_of_grown(instance: Instance, files: Files) -> Iterator[Problem]:
    """An activity without yields and uses earns nothing: most likely its rows were forgotten or misspelt."""
    activities = instance.table("activities")
    known = {*instance.table("yields")["activity"], *instance.table("activity_use")["activity"]}
    terms = instance.table("rule_terms")
    known |= {word for text in terms["activity"] for word in text.split()}
    missing = activities[~activities["activity"].isin(known) & ~activities["activity_of"].isin(known)]
    for row, name in missing.drop_duplicates("_row")[["_row", "activity_of"]].itertuples(index=False):
        if name not in known:
            yield _problem(files, "activities", row, "activity", name, say("expected.yield_rows"))


RULE_NEEDS = {
    "max_share": ("share",), "min_share": ("share",), "equal_share": (), "max_area": ("quantity",),
    "min_area": ("quantity",), "rotation": ("count",), "max_crops": ("count",), "safety_share": ("share",),
    "least_gain": ("quantity",), "least_plot": ("quantity",), "min_products": ("count", "share"),
    "max_bases": ("count",), "linear": ("quantity",), "measure": (),
}  # fmt: skip
FOR_EACH = ("base", "land_class", "activity", "product", "period", "origin", "node", "to", "market", "channel", "resource", "village")  # fmt: skip


def rules_complete(instance: Instance, files: Files) -> Iterator[Problem]:
    terms = set(instance.table("rule_terms")["name"])
    for rule in instance.table("rules").itertuples():
        for column in RULE_NEEDS[rule.rule]:
            value = getattr(rule, column)
            if value is None or value != value:
                yield _problem(files, "rules", rule._1, column, say("found.blank"), say("expected.rule_needs", rule=rule.rule))
        for key in rule.for_each.split():
            if key not in FOR_EACH:
                yield _problem(files, "rules", rule._1, "for_each", key, say("expected.for_each", keys=", ".join(FOR_EACH)), nearest(key, FOR_EACH))
        free = rule.rule in ("linear", "measure")
        if free and rule.name not in terms:
            yield _problem(files, "rules", rule._1, "name", rule.name, say("expected.terms"))
        if not free and rule.name in terms:
            yield _problem(files, "rules", rule._1, "rule", rule.rule, say("expected.linear_for_terms"))
        places = "markets" if rule.rule == "safety_share" else "bases"
        if instance.names.groups(places, rule.within) is None:
            yield _problem(files, "rules", rule._1, "within", rule.within, say("expected.reference", kind=places),
                           nearest(rule.within.split()[-1], instance.names.known(places)))  # fmt: skip


def objective_known(instance: Instance, files: Files) -> Iterator[Problem]:
    rules = instance.table("rules")
    measures = tuple(rules.loc[rules["rule"] == "measure", "name"])
    objective = instance.settings.objective
    for name in filter(None, (objective.name, objective.then)):
        if name not in (*OBJECTIVES, *measures):
            known = (*OBJECTIVES, *measures)
            yield Problem("instance.yaml", None, "settings.objective", name, say("expected.objective", known=", ".join(known)), nearest(name, known))
    needs_households = {objective.name, objective.then} & {"household_gain", "least_household_gain", "county_income"}
    if needs_households and instance.table("households").empty:
        yield Problem("instance.yaml", None, "settings.objective", objective.name, say("expected.households_for_objective"))


def accounts_that_occur(instance: Instance) -> set[str]:
    """The cost accounts this instance can book anything to."""
    lanes, demand, storage = instance.table("lanes"), instance.table("demand"), instance.table("storage")
    resources = instance.table("resources").set_index("resource")["account"]
    supply = instance.table("supply")
    paid = supply[(supply["own_price_yuan"] > 0) | (supply["hire_price_yuan"] > 0)]
    occurs = {
        "inputs": (instance.table("activities")["input_cost_yuan_per_mu"] > 0).any(),
        "labour": not instance.table("workers").empty,
        "rent": (instance.table("land")["rent_yuan_per_mu"] > 0).any(),
        "harvest": (instance.table("products")["harvest_cost_yuan_per_t"] > 0).any(),
        "freight": (lanes["cost_yuan_per_t"] != 0).any(),
        "fees": (demand["fee_share"] > 0).any(),
        "handling": (demand["handling_yuan_per_t"] > 0).any(),
        "storage": (storage["cost_yuan_per_t"] > 0).any(),
        "processing": (instance.table("processes")["cost_yuan_per_t"] > 0).any(),
    }
    return {account for account in COST_ACCOUNTS if occurs[account]} | {resources[r] for r in paid["resource"].unique()}


def split_complete(instance: Instance, files: Files) -> Iterator[Problem]:
    if not instance.split:
        for table in ("links",):
            if not instance.table(table).empty:
                yield Problem("instance.yaml", None, "split", say("found.nothing"), say("expected.split_for_links"))
        return
    for rule in instance.split:
        for account in sorted(accounts_that_occur(instance) - set(rule.costs_borne_by)):
            yield Problem("instance.yaml", None, "split.costs_borne_by", say("found.no_bearer", account=account), say("expected.bearer"))
        recipients = {b.to for b in rule.tree} | {b.to for branch in rule.tree for b in branch.of_which}
        bearers = set(rule.costs_borne_by.values())
        bases = instance.table("bases")
        for party, column in (("company", "company"), ("collective", "collective")):
            if party in recipients | bearers:
                for row, base in bases.loc[bases[column] == "", ["_row", "base"]].itertuples(index=False):
                    yield _problem(files, "bases", row, column, base, say("expected.party_of_base", party=party))
    yield from _split_dates(instance)


def _split_dates(instance: Instance) -> Iterator[Problem]:
    if not instance.periods.last_days:
        if len(instance.split) > 1:
            yield Problem("instance.yaml", None, "split", str(len(instance.split)), say("expected.one_split"))
        return
    for period, day in zip(instance.periods.names, instance.periods.last_days, strict=True):
        holding = [rule.name for rule in instance.split if in_force(rule.valid_from, rule.valid_to, day)]
        if len(holding) != 1:
            yield Problem("instance.yaml", None, "split", ", ".join(holding) or say("found.nothing"), say("expected.split_in_force", period=period))
            return
    if len(instance.split) > 1 and any(rule.basis == "net" for rule in instance.split):
        yield Problem("instance.yaml", None, "split", "net", say("expected.one_split"))


def links_sound(instance: Instance, files: Files) -> Iterator[Problem]:
    links, land = instance.table("links"), instance.table("land")
    backwards = links["valid_from"].notna() & links["valid_to"].notna() & (links["valid_to"] <= links["valid_from"])
    for row in links.loc[backwards, "_row"]:
        yield _problem(files, "links", row, "valid_to", say("found.backwards"), say("expected.after"))
    if not instance.periods.last_days:
        for row in links.loc[links["valid_from"].notna() | links["valid_to"].notna(), "_row"]:
            yield _problem(files, "links", row, "valid_from", say("found.date"), say("expected.no_date"))
    to_base = links["to"].isin(instance.universe("bases"))
    for row, to, kind in links.loc[~to_base & links["kind"].isin(["wage", "rent"]), ["_row", "to", "kind"]].itertuples(index=False):
        yield _problem(files, "links", row, "to", to, say("expected.link_to_base", kind=kind))
    rents = links[links["kind"] == "rent"]
    for row, household in rents.loc[rents["area_mu"] <= 0, ["_row", "household"]].itertuples(index=False):
        yield _problem(files, "links", row, "area_mu", household, say("expected.leased_area"))
    leased, owned = rents.groupby("to")["area_mu"].sum(), land.groupby("base")["area_mu"].sum()
    for base, area in leased.items():
        if area > owned.get(base, 0.0) + 1e-6:
            yield Problem(files["links"], None, "area_mu", f"{base}: {area:g}", say("expected.leased_within", area=f"{owned.get(base, 0.0):g}"))


def households_sound(instance: Instance, files: Files) -> Iterator[Problem]:
    households = instance.table("households")
    wrong = households["workers"] > households["persons"]
    for row, workers in households.loc[wrong, ["_row", "workers"]].itertuples(index=False):
        yield _problem(files, "households", row, "workers", workers, say("expected.workers_within"))
    given = households["income_before_yuan"].notna()
    if given.any() and not given.all():
        for row in households.loc[~given, "_row"]:
            yield _problem(files, "households", row, "income_before_yuan", say("found.blank"), say("expected.income_everywhere"))
    year, years = instance.settings.poverty_line_year, list(instance.table("poverty_lines")["year"])
    if year is not None and year not in years:
        yield Problem("instance.yaml", None, "settings.poverty_line_year", str(year), say("expected.line_year", years=years))
    needs = any("need" in rule.household_key for rule in instance.split)
    if needs and (year is None or not given.all()):
        yield Problem("instance.yaml", None, "split.household_key", "need", say("expected.need_figures"))


def capacities_agree(instance: Instance, files: Files) -> Iterator[Problem]:
    lanes = instance.table("lanes")
    limited = lanes[np.isfinite(lanes["shared_capacity_t"])]
    figures = lanes.groupby(["from", "to", "period"])["shared_capacity_t"].nunique()
    for key in figures[figures > 1].index:
        row = limited.set_index(["from", "to", "period"]).loc[[key], "_row"].iloc[0]
        yield _problem(files, "lanes", row, "shared_capacity_t", " - ".join(key), say("expected.same_capacity"))


def products_without_market(instance: Instance) -> list[str]:
    """Products that are grown but that nothing can take: a warning, since an old stock may be all that matters."""
    takes = {*instance.table("demand")["product"], *instance.table("processes")["product"]}
    yields = instance.table("yields")
    takes |= set(yields.loc[yields["yield_kg_per_mu"] < 0, "product"])
    for scope in instance.table("own_use")["product"]:
        takes |= set(instance.members("products", scope))
    grown = sorted(set(yields.loc[yields["yield_kg_per_mu"] > 0, "product"]) - takes)
    return [say("warning.no_market", product=product) for product in grown]


CHECKS: tuple[Check, ...] = (
    something_to_decide,
    names_of_nodes_differ,
    prices_of_tiers,
    resources_supplied,
    one_pool_per_base,
    lanes_join_two_nodes,
    land_classes_have_land,
    occupancy_only_of_grown,
    capacities_agree,
    rules_complete,
    objective_known,
    split_complete,
    links_sound,
    households_sound,
    tight_caps,
    contracts_beyond_land,
    unreachable_markets,
)
