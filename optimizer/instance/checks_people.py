"""Checks of who receives and who bears: split rules, links, households."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from optimizer.instance.document import BORNE_COSTS
from optimizer.instance.frames import problem_at
from optimizer.instance.instance import Instance, in_force
from optimizer.instance.pools import household_branches
from optimizer.problems import Problem
from optimizer.texts import say

Files = Mapping[str, str]


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
        "premiums": False,  # tables insurance and promotion name who pays
        "promotion": False,
    }
    return {account for account in BORNE_COSTS if occurs[account]} | {resources[r] for r in paid["resource"].unique()}


def costs_are_borne(instance: Instance, files: Files) -> Iterator[Problem]:
    """Every cost that can occur has someone who bears it."""
    occurring = accounts_that_occur(instance) if instance.split else set()
    for rule in instance.split:
        for account in sorted(occurring - set(rule.costs_borne_by)):
            found = say("found.no_bearer", account=account)
            yield _of_split("costs_borne_by", found, say("expected.bearer", account=account))


def parties_exist(instance: Instance, files: Files) -> Iterator[Problem]:
    """Every base has the company and the village that its split rule names."""
    parties: set[str] = set()
    for rule in instance.split:
        branches = (*rule.tree, *rule.payouts)
        parties |= {b.to for b in branches} | {b.to for branch in branches for b in branch.of_which}
        parties |= set(rule.costs_borne_by.values())
    bases = instance.table("bases")
    for party in ("company", "collective"):
        if party in parties:
            for row, base in bases.loc[bases[party] == "", ["_row", "base"]].itertuples(index=False):
                yield problem_at(files, "bases", row, party, f"{say('found.blank')} ({base})", say("expected.party_of_base", party=party))


def links_share_in_something(instance: Instance, files: Files) -> Iterator[Problem]:
    """A dividend or share link needs a branch of the split that pays it, of the sales or of what insurers pay out."""
    links = instance.table("links")
    if links.empty:
        return
    if not instance.split:
        yield _of_split("", say("found.nothing"), say("expected.split_for_links"))
        return
    paid = {kind for rule in instance.split for of in (rule, rule.of_payouts) for kind, _ in household_branches(of)}
    for kind in ("dividend", "share"):
        if kind not in paid and (links["kind"] == kind).any():
            yield _of_split("tree", say("found.no_branch", kind=kind), say("expected.branch", kind=kind))


def one_split_in_force(instance: Instance, files: Files) -> Iterator[Problem]:
    """In every period exactly one split rule holds."""
    if not instance.split:
        return
    if not instance.periods.last_days:
        if len(instance.split) > 1:
            yield _of_split("", str(len(instance.split)), say("expected.one_split"))
        return
    for rule in instance.split:
        if rule.valid_from and rule.valid_to and rule.valid_to <= rule.valid_from:
            yield _of_split("valid_to", str(rule.valid_to), say("expected.after"))
    for period, day in zip(instance.periods.names, instance.periods.last_days, strict=True):
        holding = [rule.name for rule in instance.split if in_force(rule.valid_from, rule.valid_to, day)]
        if len(holding) != 1:
            found = ", ".join(holding) or say("found.nothing")
            yield _of_split("", found, say("expected.split_in_force", period=period))
            break
    if len(instance.split) > 1 and any(rule.basis == "net" for rule in instance.split):
        yield _of_split("basis", "net", say("expected.one_net_split"))


def _of_split(part: str, found: str, expected: str) -> Problem:
    return Problem("instance.yaml", None, "split" + (f".{part}" if part else ""), found, expected)


def links_sound(instance: Instance, files: Files) -> Iterator[Problem]:
    """Dates in their order, wages and rents tied to a base, leases of some area and within the base's land."""
    links = instance.table("links")
    backwards = links["valid_to"] <= links["valid_from"]
    for row, day in links.loc[backwards, ["_row", "valid_to"]].itertuples(index=False):
        yield problem_at(files, "links", row, "valid_to", f"{day:%Y-%m-%d}", say("expected.after"))
    if not instance.periods.last_days:
        for column in ("valid_from", "valid_to"):
            for row, day in links.loc[links[column].notna(), ["_row", column]].itertuples(index=False):
                yield problem_at(files, "links", row, column, f"{day:%Y-%m-%d}", say("expected.no_date"))
    to_base = links["to"].isin(instance.universe("bases"))
    for row, to, kind in links.loc[~to_base & links["kind"].isin(["wage", "rent"]), ["_row", "to", "kind"]].itertuples(index=False):
        yield problem_at(files, "links", row, "to", to, say("expected.link_to_base", kind=kind))
    rents = links[links["kind"] == "rent"]
    for row, area in rents.loc[rents["area_mu"] <= 0, ["_row", "area_mu"]].itertuples(index=False):
        yield problem_at(files, "links", row, "area_mu", f"{area:g}", say("expected.leased_area"))


def leases_within_land(instance: Instance, files: Files) -> Iterator[Problem]:
    links, land = instance.table("links"), instance.table("land")
    rents = links[(links["kind"] == "rent") & links["to"].isin(instance.universe("bases"))]
    leased, owned = rents.groupby("to")["area_mu"].sum(), land.groupby("base")["area_mu"].sum()
    for base, area in leased.items():
        if area > owned.get(base, 0.0) + 1e-6:
            expected = say("expected.leased_within", area=f"{owned.get(base, 0.0):.15g}")
            yield Problem(files["links"], None, "links.area_mu", f"{area:.15g} ({base})", expected)


def households_sound(instance: Instance, files: Files) -> Iterator[Problem]:
    """No more workers than persons, and incomes for all households or for none."""
    households = instance.table("households")
    wrong = households["workers"] > households["persons"]
    for row, workers, persons in households.loc[wrong, ["_row", "workers", "persons"]].itertuples(index=False):
        yield problem_at(files, "households", row, "workers", workers, say("expected.workers_within", persons=persons))
    given = households["income_before_yuan"].notna()
    if given.any():
        for row in households.loc[~given, "_row"]:
            yield problem_at(files, "households", row, "income_before_yuan", say("found.blank"), say("expected.income_everywhere"))


def need_is_known(instance: Instance, files: Files) -> Iterator[Problem]:
    """The poverty line is one of the table, and a division by need has what it needs."""
    year, years = instance.settings.poverty_line_year, list(instance.table("poverty_lines")["year"])
    if year is not None and year not in years:
        expected = say("expected.line_year", years=", ".join(map(str, years)) or say("found.nothing"))
        yield Problem("instance.yaml", None, "settings.poverty_line_year", str(year), expected)
    households = instance.table("households")
    if any("need" in rule.household_key for rule in instance.split):
        if year is None:
            yield _of_split("household_key", "need", say("expected.need_year"))
        if households["income_before_yuan"].isna().any() or households.empty:
            yield _of_split("household_key", "need", say("expected.need_incomes"))


PEOPLE = (
    costs_are_borne,
    parties_exist,
    links_share_in_something,
    one_split_in_force,
    links_sound,
    leases_within_land,
    households_sound,
    need_is_known,
)
