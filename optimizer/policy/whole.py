"""Which split keeps everyone whole: for a plan as it is, the least shares of its sales at which no party loses.

The plan is fixed, so that sales and costs are: what can still be agreed is who bears freight, rent and wages and which
share of gross sales each party gets. A party is whole if its share of the sales of its bases, with the income it has
besides (salvage, letting, resale …), covers the costs it bears. All figures come from the ledger, in exact fen; shares are
exact fractions before a split is rounded to the fen, which moves a party by less than one fen for each sale line.

In the picture, the company's share c lies across and the households' share h upwards: the bases get b = 1 − c − h −
collective. Everyone is whole where c ≥ ``least_company_share`` and b ≥ ``least_base_share``: a triangle (``corners``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from fractions import Fraction

import pandas as pd

from optimizer.household.distribution import Distribution
from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.instance.pools import party_shares
from optimizer.policy.comparison import Bearing, Marked, Whole
from optimizer.program.money import COSTS
from optimizer.program.parties import OWN_INCOME
from optimizer.revenue.ledger import CLEARING, POT, split_entries
from optimizer.revenue.split import BASES, READINGS, with_reading
from optimizer.texts import say

OPEN_ACCOUNTS = ("freight", "rent", "labour")
"""Costs whose bearer is tried both ways; all others are borne as the rule in force says."""

PARTIES = ("company", "base")
PROFIT_SHARE_2019 = Fraction(55, 100)
"""Of the profit to the households: the rule reported for these bases in August 2019 (55 % of profit, equal per head)."""

BORNE = ["account", "party", "id", "base", "fen"]


def whole(distribution: Distribution, policy: str, marks: tuple[Marked, ...]) -> Whole:
    """The least shares of gross sales for every way to bear freight, rent and labour, the one in force marked.

    Without a split there is none to choose: no bearing. If the rule in force lets the government bear one of these costs,
    or dated rules differ, it is none of the eight combinations and comes first as a ninth.
    """
    instance = distribution.instance
    if not instance.split:
        return Whole(policy, (), marks)
    costs = costs_borne(distribution)
    sales = distribution.sales.groupby("base")["amount_fen"].sum()
    held = bearers_in_force(instance)
    free = [dict(zip(OPEN_ACCOUNTS, chosen, strict=True)) for chosen in itertools.product(PARTIES, repeat=len(OPEN_ACCOUNTS))]
    found = [_bearing(distribution, borne_by(instance, costs, way), sales, way, way == held) for way in free]
    if held not in free:
        found.insert(0, _bearing(distribution, costs, sales, held, True))
    return Whole(policy, tuple(found), marks)


def costs_borne(distribution: Distribution) -> pd.DataFrame:
    """What each company, base and the government bears by the rule in force, from the bills of the ledger.

    Columns: account, party, id, base ('' where a cost concerns none), fen (own incomes negative). Sales, reimbursements
    and guarantees are divisions of money, no costs.
    """
    ledger = distribution.ledger
    paid = ledger[ledger["account"].isin(COSTS)].rename(columns={"payer": "party", "payer_id": "id", "amount_fen": "fen"})
    came = ledger[ledger["account"].isin(OWN_INCOME)].rename(columns={"receiver": "party", "receiver_id": "id"})
    came = came.assign(fen=-came["amount_fen"])
    return pd.concat([paid[BORNE], came[BORNE]], ignore_index=True)


def bearers_in_force(instance: Instance) -> dict[str, str]:
    """Who bears the open accounts by the rules in force; where dated rules differ, all of them (``base / company``)."""
    return {
        account: " / ".join(dict.fromkeys(rule.costs_borne_by.get(account, "base") for rule in instance.split)) for account in OPEN_ACCOUNTS
    }


def borne_by(instance: Instance, costs: pd.DataFrame, way: Mapping[str, str]) -> pd.DataFrame:
    """``costs`` with the accounts in ``way`` borne by the base they concern or by its company, as ``bearers`` of the
    program would have it: what concerns no base stays with whoever bears it."""
    company = dict(instance.table("bases")[["base", "company"]].itertuples(index=False))
    moved = costs["account"].isin(way.keys()) & (costs["base"] != "")
    party = costs["account"].map(way).where(moved, costs["party"])
    of_base = costs["base"].where(party == "base", costs["base"].map(company))
    return costs.assign(party=party, id=of_base.where(moved, costs["id"]))


def _bearing(distribution: Distribution, costs: pd.DataFrame, sales: pd.Series, way: Mapping[str, str], is_in_force: bool) -> Bearing:
    company = dict(distribution.instance.table("bases")[["base", "company"]].itertuples(index=False))
    earned = {"base": sales, "company": sales.groupby(sales.index.map(company)).sum()}
    needed = {party: costs[costs["party"] == party].groupby("id")["fen"].sum() for party in PARTIES}
    company_share, company_short = least_share(needed["company"], earned["company"])
    base_share, base_short = least_share(needed["base"], earned["base"])
    collective = _collective_share(distribution)
    return Bearing(dict(way), company_share, base_share, collective, company_short, base_short, is_in_force)


def least_share(needed_fen: pd.Series, sales_fen: pd.Series) -> tuple[float, str]:
    """The least share of sales at which every party covers what it needs (fen by name), and who needs that much.

    0 and '' where nobody needs any; infinite for a party that has costs and no sales: no share makes it whole. The exact
    fraction is given as the next float that is not below it.
    """
    worst, short = Fraction(0), ""
    for name, fen in needed_fen.sort_index().items():
        if fen <= 0:
            continue
        sold = int(sales_fen.get(name, 0))
        if sold <= 0:
            return math.inf, str(name)
        if Fraction(int(fen), sold) > worst:
            worst, short = Fraction(int(fen), sold), str(name)
    share = float(worst)
    return (share if Fraction(share) >= worst else math.nextafter(share, math.inf)), short


def _collective_share(distribution: Distribution) -> float:
    """What goes to neither company, base nor households by the rule in force (to collectives, and the government where it
    takes part), as a share of gross sales; of dated rules by the sales of each one's periods."""
    instance, sales = distribution.instance, distribution.sales
    by_period = sales.groupby("period")["amount_fen"].sum()
    parts = {period: _beside(rule) for period in by_period.index if (rule := instance.rule_for(period)) is not None}
    gross = int(by_period.sum())
    if gross <= 0 or len(set(parts.values())) == 1:
        return float(next(iter(parts.values()), _beside(instance.split[0])))
    return float(sum((part * int(by_period[period]) for period, part in parts.items()), Fraction(0)) / gross)


def _beside(rule: SplitRule) -> Fraction:
    shares = party_shares(rule)
    return 1 - sum((shares.get(party, Fraction(0)) for party in (*PARTIES, "households")), Fraction(0))


def corners(bearing: Bearing) -> tuple[tuple[float, float], ...]:
    """The corners (company's share, households' share) of the triangle in which everyone is whole; none if it is empty."""
    most = bearing.most_household_share
    if not most >= 0:  # also where a least share is infinite
        return ()
    c = bearing.least_company_share
    return ((c, 0.0), (c, most), (c + most, 0.0))


# --- splits to be marked in the picture ------------------------------------------------------------------------


def marks(distribution: Distribution) -> tuple[Marked, ...]:
    """Both readings of the rule on both bases, and the rule of 2019, as shares of the plan's gross sales.

    Under ``net`` a party's share holds the costs paid back to it, so that the shares of all parties sum to one and can be
    compared with those of a gross split; it is meant with the costs borne as the rule in force says. What is in
    suspense for want of recipients counts as the households'. A reading that the rule's shares make impossible is
    left out; without sales there is no mark.
    """
    gross = int(distribution.sales["amount_fen"].sum())
    split = distribution.instance.split
    if not split or gross <= 0:
        return ()
    found = []
    for basis, reading in itertools.product(BASES, READINGS):
        is_in_force = (reading, basis) == (split[0].reading, split[0].basis)
        rules = split if is_in_force else tuple(r for rule in split if (r := with_reading(rule, reading, basis)) is not None)
        if len(rules) == len(split):
            name = say(f"report.split.{reading}.{basis}")
            found.append(_marked(distribution, say("whole.in_force", split=name) if is_in_force else name, rules, gross))
    return (*found, _rule_of_2019(distribution, gross))


def _marked(distribution: Distribution, name: str, rules: tuple[SplitRule, ...], gross: int) -> Marked:
    """What company, households (their pots) and bases get from the clearing account, less the deficits that are claimed.

    Everyone is whole if each company and base gets at least the costs it bears.
    """
    entries = split_entries(distribution.instance, distribution.sales, distribution.ledger, rules)
    got = entries[entries["payer"] == CLEARING].groupby("receiver")["amount_fen"].sum()
    claimed = int(entries.loc[entries["receiver"] == CLEARING, "amount_fen"].sum())  # claims are on bases
    company, households, base = (int(got.get(party, 0)) for party in ("company", POT, "base"))
    names = ["party", "id"]
    came = entries[entries["payer"] == CLEARING].groupby(["receiver", "receiver_id"])["amount_fen"].sum().rename_axis(names)
    went = entries[entries["receiver"] == CLEARING].groupby(["payer", "payer_id"])["amount_fen"].sum().rename_axis(names)
    left = pd.concat([came, -went, -costs_borne(distribution).groupby(names)["fen"].sum()]).groupby(level=names).sum()
    is_whole = bool((left[left.index.get_level_values(0).isin(PARTIES)] >= 0).all())
    return Marked(name, company / gross, households / gross, (base - claimed) / gross, is_whole)


def _rule_of_2019(distribution: Distribution, gross: int) -> Marked:
    """The rule found for these bases in 2019, laid on this plan: 55 % of the profit to the households, the rest to the
    companies, which run production.

    The profit is that of all bases together: sales and own incomes less all costs that companies and bases bear. Costs
    are paid back to whoever bears them by the rule in force; the collectives get nothing. A loss stays with the companies.
    """
    costs = costs_borne(distribution).groupby("party")["fen"].sum()
    company, base = (int(costs.get(party, 0)) for party in PARTIES)
    profit = gross - company - base
    households = PROFIT_SHARE_2019 * max(0, profit)
    kept = company + profit - households
    return Marked(say("whole.rule_2019"), float(kept / gross), float(households / gross), base / gross, profit >= 0)
