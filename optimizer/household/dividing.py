"""Pots, wages and rents divided among households, to the fen, with the fractions carried forward."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.pools import in_force, recipients, weights
from optimizer.program.plan import Plan
from optimizer.revenue.fen import divide, split_rows
from optimizer.revenue.ledger import LANDHOLDERS, POT, SEP, SUSPENSE, WAGES

ENTITLEMENT = ["household", "kind", "base", "period", "amount_fen", "pot"]
OTHER_LANDHOLDERS = "other_landholders"


@dataclass
class Shares:
    """What is collected while pots are divided: entitlements, and pots (or parts) nobody is there to receive."""

    parts: list[pd.DataFrame] = field(default_factory=list)
    orphans: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    others: list[tuple[str, str, str, int]] = field(default_factory=list)

    def give(self, households: pd.Series, kind: str, base: str, period: str, pot: str, amounts: np.ndarray) -> None:
        frame = pd.DataFrame({"household": households.to_numpy(), "amount_fen": amounts})
        frame = frame[frame["amount_fen"] != 0]
        self.parts.append(frame.assign(kind=kind, base=base, period=period, pot=pot)[ENTITLEMENT])

    def entitlements(self) -> pd.DataFrame:
        if not self.parts:
            return pd.DataFrame(columns=ENTITLEMENT).astype({"amount_fen": "int64"})
        return pd.concat(self.parts, ignore_index=True)


def divide_pots(instance: Instance, ledger: pd.DataFrame, days: pd.DataFrame, shares: Shares) -> None:
    """Dividends and shares: each pot (base × period) by the rule's keys, among households tied to base or company.

    A pool is the standing group of like pots (kind, base, key); what it carries goes from period to period.
    ``days``: household, base, period, days worked (for the key labour_days).
    """
    pots = ledger[ledger["receiver"] == POT].groupby(["receiver_id", "base", "period"], sort=False)["amount_fen"].sum().reset_index()
    pots["order"] = pots["period"].map(instance.periods.number)
    carried: dict[tuple[str, str, str], pd.Series] = {}
    for pot, base, period, amount in pots.sort_values(["order", "receiver_id"])[["receiver_id", "base", "period", "amount_fen"]].itertuples(index=False):
        kind = pot.split(SEP)[0]
        rule = instance.rule_for(period)
        assert rule is not None
        people = recipients(instance, kind, base, period)
        worked = days[(days["base"] == base) & (days["period"] == period)].set_index("household")["days"]
        parts = split_rows(np.array([amount]), list(rule.household_key.values()))[0]
        for key, part in zip(rule.household_key, parts, strict=True):
            if part == 0:
                continue
            weight = weights(instance, people, key, worked)
            if weight.sum() == 0:
                shares.orphans.append((POT, pot, base, period, int(part)))
                continue
            pool = (kind, base, key)
            before = carried.get(pool, pd.Series(dtype="int64")).reindex(people["household"], fill_value=0).to_numpy()
            amounts, after = divide(int(part), weight, before if rule.carry else None)
            carried[pool] = pd.Series(after, index=people["household"])
            shares.give(people["household"], kind, base, period, pot, amounts)


def days_worked(plan: Plan) -> pd.DataFrame:
    """Days each household works at each base and period: its village's days by the weights of its wage links.

    Columns: household, village, base, period, days, reservation_yuan.
    """
    instance = plan.instance
    columns = ["household", "village", "base", "period", "days", "reservation_yuan"]
    work = plan.decisions("work")
    if work.empty or instance.table("links").empty:
        return pd.DataFrame(columns=columns)
    rates = instance.table("workers")[["village", "resource", "period", "reservation_yuan_per_day"]]
    work = work.merge(rates, on=["village", "resource", "period"])
    work["reservation_yuan"] = work["value"] * work["reservation_yuan_per_day"]
    work = work.groupby(["village", "base", "period"], as_index=False)[["value", "reservation_yuan"]].sum()
    parts = []
    for period, of_period in work.groupby("period"):
        hands = wage_links(instance, str(period))
        joined = of_period.merge(hands, on=["village", "base"])
        total = joined.groupby(["village", "base"])["weight"].transform("sum")
        part = joined["weight"] / total
        parts.append(joined.assign(days=joined["value"] * part, reservation_yuan=joined["reservation_yuan"] * part)[columns])
    return pd.concat(parts, ignore_index=True)


def wage_links(instance: Instance, period: str) -> pd.DataFrame:
    """Wage links in force: household, village, base, weight; sorted by household."""
    links = instance.table("links")
    links = in_force(instance, links[links["kind"] == "wage"], period).rename(columns={"to": "base"})
    links = links.merge(instance.table("households")[["household", "village"]], on="household")
    return links[["household", "village", "base", "weight"]].sort_values("household", ignore_index=True)


def divide_wages(instance: Instance, ledger: pd.DataFrame, shares: Shares) -> None:
    """Wages of a village at a base and period, among its households by the weights of their wage links."""
    pots = ledger[ledger["receiver"] == WAGES].groupby("receiver_id")["amount_fen"].sum()
    hands: dict[str, pd.DataFrame] = {}
    carried: dict[tuple[str, str], pd.Series] = {}
    number = instance.periods.number
    for pot in sorted(pots.index, key=lambda p: (number[p.split(SEP)[2]], p)):
        village, base, period = pot.split(SEP)
        if period not in hands:
            hands[period] = wage_links(instance, period)
        people = hands[period]
        people = people[(people["village"] == village) & (people["base"] == base)]
        amount = int(pots[pot])
        weight = np.rint(people["weight"].to_numpy(dtype=float) * 1000).astype(np.int64)
        if weight.sum() == 0:
            shares.orphans.append((WAGES, pot, base, period, amount))
            continue
        before = carried.get((village, base), pd.Series(dtype="int64")).reindex(people["household"], fill_value=0).to_numpy()
        amounts, after = divide(amount, weight, before)
        carried[village, base] = pd.Series(after, index=people["household"])
        shares.give(people["household"], "wage", base, period, pot, amounts)


def divide_rents(instance: Instance, ledger: pd.DataFrame, shares: Shares) -> None:
    """Rent of a base, by leased area, among the households that lease to it; the rest goes to other landholders."""
    pots = ledger[ledger["receiver"] == LANDHOLDERS].groupby(["receiver_id", "base", "period"])["amount_fen"].sum().reset_index()
    land = instance.table("land").groupby("base")["area_mu"].sum()
    links = instance.table("links")
    for pot, base, period, amount in pots.itertuples(index=False):
        leased = in_force(instance, links[(links["kind"] == "rent") & (links["to"] == base)], period)
        leased = leased.sort_values("household", ignore_index=True)
        mine = np.rint(leased["area_mu"].to_numpy(dtype=float) * 1000).astype(np.int64)
        rest = max(0, round(float(land[base]) * 1000) - int(mine.sum()))
        amounts, _ = divide(int(amount), np.append(mine, rest))
        shares.give(leased["household"], "rent", base, period, pot, amounts[:-1])
        if amounts[-1]:
            shares.others.append((pot, base, period, int(amounts[-1])))


def household_entries(shares: Shares) -> pd.DataFrame:
    """The ledger lines of entitlements, orphan pots (to suspense, by name) and other landholders."""
    source = {"dividend": POT, "share": POT, "wage": WAGES, "rent": LANDHOLDERS}
    given = shares.entitlements()
    parts = [
        pd.DataFrame({
            "document": given["pot"], "account": given["kind"], "payer": given["kind"].map(source), "payer_id": given["pot"],
            "receiver": "household", "receiver_id": given["household"], "base": given["base"], "period": given["period"],
            "amount_fen": given["amount_fen"],
        })
    ]  # fmt: skip
    for kind, pot, base, period, amount in shares.orphans:
        parts.append(pd.DataFrame([{"document": pot, "account": "orphan", "payer": kind, "payer_id": pot, "receiver": SUSPENSE,
                                    "receiver_id": pot, "base": base, "period": period, "amount_fen": amount}]))  # fmt: skip
    for pot, base, period, amount in shares.others:
        parts.append(pd.DataFrame([{"document": pot, "account": "rent", "payer": LANDHOLDERS, "payer_id": pot,
                                    "receiver": OTHER_LANDHOLDERS, "receiver_id": base, "base": base, "period": period,
                                    "amount_fen": amount}]))  # fmt: skip
    return pd.concat(parts, ignore_index=True)
