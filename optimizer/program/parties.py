"""Money by party: what each company, base, collective and household receives and bears per decision."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.instance.frames import each_member
from optimizer.instance.instance import Instance
from optimizer.instance.pools import (
    KEYS_AFTER_SOLVING,
    household_branches,
    in_force,
    leased_mu,
    party_shares,
    recipients,
    weights,
)
from optimizer.problems import InputError, Problem
from optimizer.program.money import COSTS, INCOME, SIGN
from optimizer.program.rows import AT_LEAST, Columns, Rows, make_rows, terms_of
from optimizer.texts import say

TERMS = ["party", "id", "account", "base", "period", "column", "yuan"]
OWN_INCOME = tuple(a for a in INCOME if a != "sales")
HOUSEHOLD_TERMS = ["village", "account", "column", "yuan"]


def bearers(instance: Instance, money: pd.DataFrame) -> pd.DataFrame:
    """``money`` with the ``party`` and ``id`` that receives or bears each term; sales have none: they are divided.

    Goods bought in belong to their buyer. Without a split everything belongs to the base.
    """
    has_base = money["base"] != ""
    owner = np.where(has_base, "base", "company")
    party = pd.Series(owner, index=money.index, dtype=object)
    for rule in instance.split:
        mine = money["period"].map(lambda p, r=rule: instance.rule_for(p) is r).astype(bool)
        for account, bearer in rule.costs_borne_by.items():
            chosen = mine & (money["account"] == account)
            party[chosen] = np.where(has_base[chosen] | (bearer != "base"), bearer, "company")
    if instance.split:
        party = party.where(money["bearer"] == "", money["bearer"])
    party[money["account"] == "sales"] = ""
    ids = np.select([party == "base", party == "company"], [money["base"], money["company"]], party)
    return money.assign(party=party, id=ids)


def party_terms(instance: Instance, money: pd.DataFrame) -> pd.DataFrame:
    """Signed yuan per unit of each decision for each party; account ``split`` is the share of the sales.

    Households stand here as one party per base (the pot), with the kind of link after a dot: ``households.dividend``.
    Empty without a split: figures that do not exist are absent, not zero.
    """
    if not instance.split:
        return pd.DataFrame(columns=TERMS)
    owned = bearers(instance, money)
    costs = owned[owned["account"].isin((*COSTS, *OWN_INCOME))].copy()
    costs["yuan"] *= costs["account"].map(SIGN)
    parts = [_shares(instance, basis_terms(instance, owned))]
    for rule in instance.split:
        if rule.basis == "net":  # listed costs were deducted before the split and reimbursed
            mine = costs["period"].map(lambda p, r=rule: instance.rule_for(p) is r).astype(bool)
            costs = costs[~(mine & costs["account"].isin(rule.net_of) & (costs["base"] != ""))]
    parts.append(costs[TERMS])
    return pd.concat(parts, ignore_index=True)


def basis_terms(instance: Instance, money: pd.DataFrame) -> pd.DataFrame:
    """The basis of the split per decision: sales of grown goods, less the listed costs where the rule says ``net``.

    Under ``net`` the pot is base × year, so that the period becomes the last one of the year.
    """
    parts = []
    last = {year: name for name, year in zip(instance.periods.names, instance.periods.years, strict=True)}
    year_end = {name: last[year] for name, year in zip(instance.periods.names, instance.periods.years, strict=True)}
    for rule in instance.split:
        mine = money[money["period"].map(lambda p, r=rule: instance.rule_for(p) is r).astype(bool)]
        sales = mine[mine["account"] == "sales"]
        if rule.basis == "net":
            listed = mine[mine["account"].isin(rule.net_of) & (mine["base"] != "")]
            net = pd.concat([sales, listed.assign(yuan=-listed["yuan"])])
            sales = net.assign(period=net["period"].map(year_end))
        parts.append(sales)
    return pd.concat(parts, ignore_index=True)


def _shares(instance: Instance, basis: pd.DataFrame) -> pd.DataFrame:
    bases = instance.table("bases").set_index("base")
    parts = []
    for rule in instance.split:
        mine = basis[basis["period"].map(lambda p, r=rule: instance.rule_for(p) is r).astype(bool)].assign(account="split")
        for party, share in party_shares(rule).items():
            if party == "households":
                continue
            part = mine.assign(yuan=mine["yuan"] * float(share), party=party)
            if party == "collective":
                villages = [instance.members("villages", bases["collective"][b]) for b in part["base"]]
                part = each_member(part.assign(yuan=part["yuan"] / [len(v) for v in villages]), "id", villages)
            else:
                part["id"] = {"company": part["company"], "base": part["base"]}.get(party, party)
            parts.append(part[TERMS])
        for kind, share in household_branches(rule):
            parts.append(mine.assign(yuan=mine["yuan"] * float(share), party=f"households.{kind}", id=mine["base"])[TERMS])
    return pd.concat(parts, ignore_index=True)


def participation(instance: Instance, columns: Columns, parties: pd.DataFrame) -> list[Rows]:
    """No company and no base takes part at a loss:

    Σ share of sales + own income − costs borne ≥ floor   (yuan, over the year), for each company and base.

    Shadow price: what lowering that party's floor by one yuan would add (as a negative figure: raising it costs).
    """
    floors = instance.settings.participation
    wanted = {"company": floors.company, "base": floors.base}
    limits = [
        {"party": party, "id": name, "rhs": float(floor)}
        for party, floor in wanted.items()
        if floor is not None and len(parties)
        for name in instance.universe("companies" if party == "company" else "bases")
    ]
    frame = pd.DataFrame(limits, columns=["party", "id", "rhs"])
    terms = parties.rename(columns={"yuan": "coefficient"})
    return [make_rows("participation", "yuan", ["party", "id"], [terms], AT_LEAST, frame, True)]


def net_basis(instance: Instance, columns: Columns, money: pd.DataFrame) -> list[Rows]:
    """Under a ``net`` split there is something to divide:  sales − listed costs ≥ 0   (yuan, per base and year).

    Shadow price: what one yuan less of deficit forgiven would cost.
    """
    if not any(rule.basis == "net" for rule in instance.split):
        return []
    basis = basis_terms(instance, money)
    year = dict(zip(instance.periods.names, instance.periods.years, strict=True))
    terms = basis.assign(coefficient=basis["yuan"], year=basis["period"].map(year))
    return [make_rows("net_basis", "yuan", ["base", "year"], [terms], AT_LEAST, 0.0)]


# --- households ------------------------------------------------------------------------------------------------


def household_terms(instance: Instance, columns: Columns, money: pd.DataFrame, parties: pd.DataFrame) -> pd.DataFrame:
    """Signed yuan per decision that reach the households of each village: village, account, column, yuan.

    Accounts: dividend, share, wage, rent, and forgone (what leased land and the days worked would have earned
    otherwise). A pot without recipients reaches nobody.
    """
    if instance.table("households").empty:
        return pd.DataFrame(columns=HOUSEHOLD_TERMS)
    parts = [_dividends(instance, parties), *_wages(instance, columns, money), *_rents(instance, columns, money)]
    return pd.concat(parts, ignore_index=True)


def village_shares(instance: Instance, kind: str, base: str, period: str) -> dict[str, float]:
    """The share of a pot that reaches each village; for keys known before solving, else one entry for all of them."""
    people = recipients(instance, kind, base, period)
    rule = instance.rule_for(period)
    if rule is None or people.empty:
        return {}
    if any(key in KEYS_AFTER_SOLVING for key in rule.household_key):
        return {"": 1.0}
    shares: dict[str, float] = {}
    for key, part in rule.household_key.items():
        weight = pd.Series(weights(instance, people, key)).groupby(people["village"]).sum()
        if weight.sum() > 0:
            for village, value in weight.items():
                shares[str(village)] = shares.get(str(village), 0.0) + float(part) * value / weight.sum()
    return shares


def _dividends(instance: Instance, parties: pd.DataFrame) -> pd.DataFrame:
    pots = parties[parties["party"].str.startswith("households.")] if len(parties) else parties
    found = []
    known: dict[tuple[tuple[str, float], ...], pd.DataFrame] = {}
    for (party, base, period), terms in pots.groupby(["party", "id", "period"]):
        kind = party.split(".")[1]
        shares = village_shares(instance, kind, base, period)
        signature = tuple(sorted(shares.items()))
        frame = known.setdefault(signature, pd.DataFrame(signature, columns=["village", "part"]))
        spread = terms.merge(frame, how="cross")
        found.append(spread.assign(yuan=spread["yuan"] * spread["part"], account=kind)[HOUSEHOLD_TERMS])
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=HOUSEHOLD_TERMS)


def _wages(instance: Instance, columns: Columns, money: pd.DataFrame) -> list[pd.DataFrame]:
    earned = money[(money["village"] != "")].assign(account="wage")
    work = columns["work"].merge(instance.table("workers"), on=["village", "resource", "period"])
    reserve = work.assign(account="forgone", yuan=-work["reservation_yuan_per_day"])
    return [earned[HOUSEHOLD_TERMS], reserve[HOUSEHOLD_TERMS]]


def leases(instance: Instance) -> pd.DataFrame:
    """Per base and village: ``part`` of the base's land that its households lease to it, and ``forgone`` yuan per
    rented mu of the base."""
    leased = leased_mu(instance)
    land = instance.table("land").groupby("base")["area_mu"].sum()
    leased = leased.assign(base=leased["to"], part=leased["area_mu"] / leased["to"].map(land))
    leased["forgone"] = leased["part"] * leased["forgone_yuan_per_mu"]
    return leased.groupby(["base", "village"], as_index=False)[["part", "forgone"]].sum()


def _rents(instance: Instance, columns: Columns, money: pd.DataFrame) -> list[pd.DataFrame]:
    shares = leases(instance)
    rent = money[money["account"] == "rent"].drop(columns="village").merge(shares, on="base")
    rented = columns["rented"].merge(shares, on="base")
    return [
        rent.assign(yuan=rent["yuan"] * rent["part"])[HOUSEHOLD_TERMS],
        rented.assign(account="forgone", yuan=-rented["forgone"])[HOUSEHOLD_TERMS],
    ]


def linked_persons(instance: Instance) -> pd.Series:
    """Persons of linked households per village: a household is linked if a tie of its is in force in any period."""
    links = instance.table("links")
    ever = pd.concat([in_force(instance, links, p) for p in instance.periods.names]) if len(links) else links
    households = instance.table("households")
    linked = households[households["household"].isin(set(ever["household"]))]
    return linked.groupby("village")["persons"].sum()


def require_known_keys(instance: Instance, rule: str) -> None:
    """Villages can be compared before solving only under division keys that are known before solving."""
    if any(key in KEYS_AFTER_SOLVING for split in instance.split for key in split.household_key):
        raise InputError([Problem("instance.yaml", None, "split.household_key", rule, say("expected.fixed_key"))])
    if linked_persons(instance).empty:
        raise InputError([Problem("links", None, "", rule, say("expected.linked_people"))])


def least_gain(instance: Instance, columns: Columns, households: pd.DataFrame) -> list[Rows]:
    """Every village with linked people gains at least so much for each of them:

    Σ dividends + shares + wages + rent − forgone ≥ quantity · linked persons   (yuan, per village)

    Shadow price: what one yuan less demanded for the village as a whole would add.
    """
    found = []
    for rule in instance.table("rules").itertuples():
        if rule.rule == "least_gain":
            require_known_keys(instance, rule.name)
            persons = linked_persons(instance)
            limits = pd.DataFrame({"village": persons.index, "rhs": persons.to_numpy() * float(rule.quantity), "name": rule.name})
            terms = households.rename(columns={"yuan": "coefficient"}).assign(name=rule.name)
            found.append(make_rows("least_gain", "yuan", ["name", "village"], [terms], AT_LEAST, limits, True))
    return found


def least_of_all(instance: Instance, columns: Columns, households: pd.DataFrame) -> Rows:
    """The gain per linked person of the worst-off village (only under the objective ``least_household_gain``):

    Σ gain[v] − linked persons[v] · least ≥ 0   (yuan), for each village v

    Shadow price: the weight of the village in the least gain.
    """
    require_known_keys(instance, "least_household_gain")
    persons = linked_persons(instance)
    least = columns["least"]
    villages = pd.DataFrame({"village": persons.index, "persons": persons.to_numpy(dtype=float)})
    each = villages.merge(least, how="cross")
    terms = [households.rename(columns={"yuan": "coefficient"}), terms_of(each, -each["persons"])]
    return make_rows("least_of_all", "yuan", ["village"], terms, AT_LEAST, villages.assign(rhs=0.0), True)
