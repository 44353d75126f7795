"""Money by party: what each company, base, collective and household receives and bears per decision."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.instance.document import SplitRule
from optimizer.instance.frames import each_member
from optimizer.instance.instance import Instance
from optimizer.instance.pools import (
    KEYS_AFTER_SOLVING,
    Ties,
    household_branches,
    in_force,
    leased_mu,
    party_shares,
    weights,
)
from optimizer.problems import InputError, Problem
from optimizer.program.money import COSTS, INCOME, SIGN
from optimizer.program.rows import AT_LEAST, EQUAL, Columns, Rows, gives, make_rows, terms_of
from optimizer.texts import say

TERMS = ["party", "id", "account", "base", "period", "column", "yuan"]
DIVIDED = ("sales", "payouts")
"""Incomes that a split divides; every other one belongs to whoever earns it."""

OWN_INCOME = tuple(a for a in INCOME if a not in DIVIDED)
HOUSEHOLD_TERMS = ["village", "account", "column", "yuan"]


def periods_of(instance: Instance, rule: SplitRule) -> list[str]:
    """The periods a split rule is in force in."""
    return [period for period in instance.periods.names if instance.rule_for(period) is rule]


def bearers(instance: Instance, money: pd.DataFrame) -> pd.DataFrame:
    """``money`` with the ``party`` and ``id`` that receives or bears each term; sales have none, nor payouts under a split:
    they are divided.

    Goods bought in belong to their buyer. Without a split everything belongs to the base.
    """
    has_base = money["base"] != ""
    owner = np.where(has_base, "base", "company")
    party = pd.Series(owner, index=money.index, dtype=object)
    for rule in instance.split:
        mine = money["period"].isin(periods_of(instance, rule))
        for account, bearer in rule.costs_borne_by.items():
            chosen = mine & (money["account"] == account)
            party[chosen] = np.where(has_base[chosen] | (bearer != "base"), bearer, "company")
    if instance.split:
        party = party.where(money["bearer"] == "", money["bearer"])
    party[money["account"].isin(DIVIDED if instance.split else ("sales",))] = ""
    ids = np.select([party == "base", party == "company"], [money["base"], money["company"]], party)
    return money.assign(party=party, id=ids)


def party_terms(instance: Instance, money: pd.DataFrame) -> pd.DataFrame:
    """Signed yuan per unit of each decision for each party; account ``split`` is the share of the sales, ``payouts``
    that of what insurers pay out.

    Households stand here as one party per base (the pot), with the kind of link after a dot: ``households.dividend``.
    Empty without a split: figures that do not exist are absent, not zero.
    """
    if not instance.split:
        return pd.DataFrame(columns=TERMS)
    owned = bearers(instance, money)
    costs = owned[owned["account"].isin((*COSTS, *OWN_INCOME))].copy()
    costs["yuan"] *= costs["account"].map(SIGN)
    parts = [_shares(instance, basis_terms(instance, owned), "split")]
    payouts = owned[owned["account"] == "payouts"]
    if len(payouts):
        parts.append(_shares(instance, payouts, "payouts"))
    for rule in instance.split:
        if rule.basis == "net":  # listed costs were deducted before the split and reimbursed
            mine = costs["period"].isin(periods_of(instance, rule))
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
        mine = money[money["period"].isin(periods_of(instance, rule))]
        sales = mine[mine["account"] == "sales"]
        if rule.basis == "net":
            listed = mine[mine["account"].isin(rule.net_of) & (mine["base"] != "")]
            net = pd.concat([sales, listed.assign(yuan=-listed["yuan"])])
            sales = net.assign(period=net["period"].map(year_end))
        parts.append(sales)
    return pd.concat(parts, ignore_index=True)


def _shares(instance: Instance, basis: pd.DataFrame, account: str) -> pd.DataFrame:
    """What each party gets of ``basis``, by the tree of the sales or by that of the payouts."""
    parts = []
    for dated in instance.split:
        mine = basis[basis["period"].isin(periods_of(instance, dated))].assign(account=account)
        rule = dated.of_payouts if account == "payouts" else dated
        for party, share in party_shares(rule).items():
            if party == "households":
                continue
            part = mine.assign(yuan=mine["yuan"] * float(share), party=party)
            if party == "collective":
                part = part.drop(columns="id").merge(_collectives(instance), on="base")
                part["yuan"] /= part["villages"]
            else:
                part["id"] = {"company": part["company"], "base": part["base"]}.get(party, party)
            parts.append(part[TERMS])
        for kind, share in household_branches(rule):
            parts.append(mine.assign(yuan=mine["yuan"] * float(share), party=f"households.{kind}", id=mine["base"])[TERMS])
    return pd.concat(parts, ignore_index=True)


def _collectives(instance: Instance) -> pd.DataFrame:
    """The villages (``id``) whose collectives share in each base's sales, and how many ``villages`` they are."""
    bases = instance.table("bases")[["base", "collective"]]
    bases = bases[bases["collective"] != ""]
    members = [instance.members("villages", text) for text in bases["collective"]]
    return each_member(bases.assign(villages=[len(m) for m in members]), "id", members)[["base", "id", "villages"]]


@gives("participation")
def participation(instance: Instance, columns: Columns, parties: pd.DataFrame) -> list[Rows]:
    """No company and no base takes part at a loss:

    Σ share of sales + own income − costs borne ≥ floor   (yuan, over the year), for each company and base.

    Shadow price: what raising that party's floor by one yuan would add (a loss, so that the figure is not above 0).
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


@gives("net_basis")
def net_basis(instance: Instance, columns: Columns, money: pd.DataFrame) -> list[Rows]:
    """Under a ``net`` split there is something to divide:  sales − listed costs ≥ 0   (yuan, per base and year).

    Shadow price: what one yuan more demanded of the base would add.
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
    otherwise). A pot without recipients, or wages where no household has a wage link, reach nobody.
    """
    if instance.table("households").empty:
        return pd.DataFrame(columns=HOUSEHOLD_TERMS)
    ties = Ties(instance)
    parts = [_dividends(ties, parties), *_wages(ties, columns, money), *_rents(instance, columns, money)]
    return pd.concat(parts, ignore_index=True)


def village_shares(ties: Ties, kind: str, base: str, period: str) -> dict[str, float]:
    """The share of a pot that reaches each village; for keys known before solving, else one entry for all of them."""
    people = ties.recipients(kind, base, period)
    rule = ties.instance.rule_for(period)
    if rule is None or people.empty:
        return {}
    if any(key in KEYS_AFTER_SOLVING for key in rule.household_key):
        return {"": 1.0}
    shares: dict[str, float] = {}
    for key, part in rule.household_key.items():
        weight = pd.Series(weights(ties.instance, people, key)).groupby(people["village"]).sum()
        if weight.sum() > 0:
            for village, value in weight.items():
                shares[str(village)] = shares.get(str(village), 0.0) + float(part) * value / weight.sum()
    return shares


def _dividends(ties: Ties, parties: pd.DataFrame) -> pd.DataFrame:
    pots = parties[parties["party"].isin([party for party in parties["party"].unique() if party.startswith("households.")])]
    if pots.empty:
        return pd.DataFrame(columns=HOUSEHOLD_TERMS)
    known: dict[tuple[object, ...], dict[str, float]] = {}
    parts = []
    for party, base, period in pots[["party", "id", "period"]].drop_duplicates().itertuples(index=False):
        kind = party.split(".")[1]
        same = (kind, base, ties.eras[period], id(ties.instance.rule_for(period)))
        if same not in known:
            known[same] = village_shares(ties, kind, base, period)
        parts += [(party, base, period, kind, village, part) for village, part in known[same].items()]
    shares = pd.DataFrame(parts, columns=["party", "id", "period", "kind", "village", "part"])
    spread = pots[["party", "id", "period", "column", "yuan"]].merge(shares, on=["party", "id", "period"])
    return spread.assign(yuan=spread["yuan"] * spread["part"], account=spread["kind"])[HOUSEHOLD_TERMS]


def _wages(ties: Ties, columns: Columns, money: pd.DataFrame) -> list[pd.DataFrame]:
    hands = [ties.hands(era)[["village", "base"]].drop_duplicates().assign(era=era) for era in range(len(ties.holding))]
    paid = pd.MultiIndex.from_frame(pd.concat(hands, ignore_index=True))
    earned = money[money["village"] != ""].assign(account="wage")
    work = columns["work"].merge(ties.instance.table("workers"), on=["village", "resource", "period"])
    reserve = work.assign(account="forgone", yuan=-work["reservation_yuan_per_day"])
    both = pd.concat([earned, reserve])[[*HOUSEHOLD_TERMS, "base", "period"]]
    place = pd.MultiIndex.from_frame(both[["village", "base", "period"]].assign(period=both["period"].map(ties.eras)))
    return [both.loc[place.isin(paid), HOUSEHOLD_TERMS]]


def leases(instance: Instance) -> pd.DataFrame:
    """Per base, year and village: ``part`` of the base's land that its households lease to it, and ``forgone`` yuan per
    rented mu of the base."""
    leased = leased_mu(instance)
    land = instance.table("land").groupby("base")["area_mu"].sum()
    leased = leased.assign(base=leased["to"], part=leased["area_mu"] / leased["to"].map(land))
    leased["forgone"] = leased["part"] * leased["forgone_yuan_per_mu"]
    return leased.groupby(["base", "year", "village"], as_index=False)[["part", "forgone"]].sum()


def _rents(instance: Instance, columns: Columns, money: pd.DataFrame) -> list[pd.DataFrame]:
    shares = leases(instance)
    rent = money[money["account"] == "rent"].drop(columns="village")
    rent = rent.assign(year=rent["period"].map(dict(zip(instance.periods.names, instance.periods.years, strict=True))))
    rent = rent.merge(shares, on=["base", "year"])
    rented = columns["rented"].merge(shares, on=["base", "year"])
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


@gives("least_gain")
def least_gain(instance: Instance, columns: Columns, households: pd.DataFrame) -> list[Rows]:
    """Every village with linked people gains at least so much for each of them:

    Σ dividends + shares + wages + rent − forgone ≥ quantity · linked persons   (yuan, per village)

    Shadow price: what one yuan more demanded for the village as a whole would add.
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


def add_least(instance: Instance, columns: Columns, wanted: bool) -> None:
    """Decisions of the objective ``least_household_gain``: ``least`` (the least gain per linked person), and per village
    its ``village_gain`` and whether it is ``set_apart`` (closed until its gain is settled)."""
    villages = pd.DataFrame({"village": linked_persons(instance).index if wanted else []}, dtype=object)
    columns.add("least", "yuan", pd.DataFrame({"least": ["yuan_per_person"] if wanted else []}, dtype=object), lower=-np.inf)
    columns.add("village_gain", "yuan", villages, lower=-np.inf)
    columns.add("set_apart", "yuan", villages, upper=0.0)


@gives("village_gain", "least_of_all")
def least_of_all(instance: Instance, columns: Columns, households: pd.DataFrame) -> list[Rows]:
    """The gain per linked person of the worst-off village (only under the objective ``least_household_gain``):

    ``village_gain``:  village_gain[v] = Σ dividends + shares + wages + rent − forgone of v   (yuan)

    ``least_of_all``:  village_gain[v] + set_apart[v] ≥ linked persons[v] · least   (yuan)

    Max–min, then the next: a village that cannot gain more is given its level as a floor and set apart, and ``least``
    rises for the others. All that changes are bounds of decisions, so that the solver goes on from its basis.

    Shadow price of ``least_of_all``: minus the weight of the village in the least gain.
    """
    require_known_keys(instance, "least_household_gain")
    persons = linked_persons(instance)
    villages = pd.DataFrame({"village": persons.index, "persons": persons.to_numpy(dtype=float)})
    each = villages.merge(columns["least"], how="cross")
    gains = [terms_of(columns["village_gain"], -1.0), households.rename(columns={"yuan": "coefficient"})]
    level = [terms_of(columns["village_gain"]), terms_of(columns["set_apart"]), terms_of(each, -each["persons"])]
    zero = villages.assign(rhs=0.0)
    return [
        make_rows("village_gain", "yuan", ["village"], gains, EQUAL, zero, True),
        make_rows("least_of_all", "yuan", ["village"], level, AT_LEAST, zero, True),
    ]
