"""Pots, wages and rents divided among households, to the fen, with the fractions carried forward."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.pools import Ties, weights
from optimizer.program.plan import Plan
from optimizer.revenue.fen import Ints, divide, split_rows
from optimizer.revenue.ledger import COLUMNS, LANDHOLDERS, POT, SEP, SUSPENSE, WAGES

ENTITLEMENT = ["household", "kind", "base", "period", "amount_fen", "pot"]
OTHER_LANDHOLDERS = "other_landholders"
SOURCE = {"dividend": POT, "share": POT, "wage": WAGES, "rent": LANDHOLDERS}
"""Where an entitlement of a kind is paid from."""


@dataclass
class Shares:
    """What is collected while pots are divided: entitlements, and pots (or parts) nobody is there to receive.

    An entitlement is kept as the place of its household in the register (sorted by name) and an amount.
    """

    ties: Ties
    numbers: list[Ints] = field(default_factory=list)
    amounts: list[Ints] = field(default_factory=list)
    pots: list[tuple[str, str, str, str]] = field(default_factory=list)
    orphans: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    others: list[tuple[str, str, str, int]] = field(default_factory=list)

    def give(self, numbers: Ints, kind: str, base: str, period: str, pot: str, amounts: Ints) -> None:
        """Book what the households at places ``numbers`` receive from a pot; nothing is no entitlement."""
        some = amounts != 0
        self.numbers.append(numbers[some])
        self.amounts.append(amounts[some])
        self.pots.append((kind, base, period, pot))

    def entitlements(self) -> pd.DataFrame:
        """household, kind, base, period, amount_fen, pot: one row per household and pot, in the order they were divided."""
        if not self.pots:
            return pd.DataFrame(columns=ENTITLEMENT).astype({"amount_fen": "int64"})
        of_pot = np.repeat(np.arange(len(self.pots)), [len(part) for part in self.numbers])
        pots = pd.DataFrame(self.pots, columns=["kind", "base", "period", "pot"])
        frame = pots.take(of_pot).reset_index(drop=True)
        household = self.ties.register["household"].astype(pots["pot"].dtype)
        frame["household"] = household.take(np.concatenate(self.numbers)).to_numpy()
        frame["amount_fen"] = np.concatenate(self.amounts)
        return frame[ENTITLEMENT]


@dataclass
class Carry:
    """The fractions of a fen each pool owes its recipients, in millionths; what a household is owed ends with its tie."""

    size: int
    pools: dict[tuple[str, ...], Ints] = field(default_factory=dict)

    def divide(self, pool: tuple[str, ...], amount: int, numbers: Ints, weight: Ints) -> Ints:
        before = self.pools.get(pool)
        amounts, after = divide(amount, weight, None if before is None else before[numbers])
        self.pools[pool] = np.zeros(self.size, dtype=np.int64)
        self.pools[pool][numbers] = after
        return amounts


def divide_pots(instance: Instance, ledger: pd.DataFrame, days: pd.DataFrame, shares: Shares) -> None:
    """Dividends and shares: each pot (base × period) by the rule's keys, among households tied to base or company.

    A pool is the standing group of like pots (kind, base, key); what it carries goes from period to period.
    ``days``: household, base, period, days worked (for the key labour_days).
    """
    pots = ledger[ledger["receiver"] == POT].groupby(["receiver_id", "base", "period"], as_index=False)["amount_fen"].sum()
    pots["order"] = pots["period"].map(instance.periods.number)
    pots = pots.sort_values(["order", "receiver_id"])
    carry = Carry(len(shares.ties.register))
    worked = _DaysOf(instance, days)
    for pot, base, period, amount in pots[["receiver_id", "base", "period", "amount_fen"]].itertuples(index=False):
        kind = pot.split(SEP)[0]
        rule = instance.rule_for(period)
        assert rule is not None
        people = shares.ties.recipients(kind, base, period)
        numbers = people["number"].to_numpy(dtype=np.int64)
        parts = split_rows(np.array([amount]), list(rule.household_key.values()))[0]
        for key, part in zip(rule.household_key, parts, strict=True):
            if part == 0:
                continue
            weight = weights(instance, people, key, worked.at(base, period))
            if not weight.any():
                shares.orphans.append((POT, pot, base, period, int(part)))
            elif rule.carry:
                shares.give(numbers, kind, base, period, pot, carry.divide((kind, base, key), int(part), numbers, weight))
            else:
                shares.give(numbers, kind, base, period, pot, divide(int(part), weight)[0])


class _DaysOf:
    """Days worked by household at one base and period; looked up only if a division key asks for them."""

    def __init__(self, instance: Instance, days: pd.DataFrame) -> None:
        asked = any("labour_days" in rule.household_key for rule in instance.split)
        self.days = days if asked else days.head(0)

    def at(self, base: str, period: str) -> pd.Series | None:
        if self.days.empty:
            return None
        mine = self.days[(self.days["base"] == base) & (self.days["period"] == period)]
        return mine.set_index("household")["days"]


def days_worked(plan: Plan, ties: Ties) -> pd.DataFrame:
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
    era = work["period"].map(ties.eras)
    joined = pd.concat([part.merge(ties.hands(number), on=["village", "base"]) for number, part in work.groupby(era)])
    joined["days"] = joined["value"] * joined["part"]
    joined["reservation_yuan"] *= joined["part"]
    return joined[columns].sort_values(["period", "village", "base", "household"], ignore_index=True)


def divide_wages(instance: Instance, ledger: pd.DataFrame, shares: Shares) -> None:
    """Wages of a village at a base and period, among its households by the weights of their wage links."""
    pots = ledger[ledger["receiver"] == WAGES].groupby("receiver_id")["amount_fen"].sum()
    hands: dict[int, dict[tuple[str, str], tuple[Ints, Ints]]] = {}
    carry = Carry(len(shares.ties.register))
    number = instance.periods.number
    for pot in sorted(pots.index, key=lambda p: (number[p.split(SEP)[2]], p)):
        village, base, period = pot.split(SEP)
        era = shares.ties.eras[period]
        if era not in hands:
            hands[era] = _hands(shares.ties, era)
        if (village, base) not in hands[era]:
            shares.orphans.append((WAGES, pot, base, period, int(pots[pot])))
            continue
        numbers, weight = hands[era][village, base]
        shares.give(numbers, "wage", base, period, pot, carry.divide((village, base), int(pots[pot]), numbers, weight))


def _hands(ties: Ties, era: int) -> dict[tuple[str, str], tuple[Ints, Ints]]:
    """Of each village and base, who works there (places in the register) and with which weight, in thousandths."""
    links = ties.hands(era)
    number = links["number"].to_numpy(dtype=np.int64)
    weight = np.rint(links["weight"].to_numpy(dtype=float) * 1000).astype(np.int64)
    groups = links.groupby(["village", "base"]).indices
    return {place: (number[rows], weight[rows]) for place, rows in groups.items() if weight[rows].any()}


def divide_rents(instance: Instance, ledger: pd.DataFrame, shares: Shares) -> None:
    """Rent of a base, by leased area, among the households that lease to it; the rest goes to other landholders."""
    pots = ledger[ledger["receiver"] == LANDHOLDERS].groupby(["receiver_id", "base", "period"])["amount_fen"].sum().reset_index()
    land = instance.table("land").groupby("base")["area_mu"].sum()
    for pot, base, period, amount in pots.itertuples(index=False):
        leased = shares.ties.of("rent", base, shares.ties.eras[period]).sort_values("number")
        mine = np.rint(leased["area_mu"].to_numpy(dtype=float) * 1000).astype(np.int64)
        rest = max(0, round(float(land[base]) * 1000) - int(mine.sum()))
        amounts, _ = divide(int(amount), np.append(mine, rest))
        shares.give(leased["number"].to_numpy(dtype=np.int64), "rent", base, period, pot, amounts[:-1])
        if amounts[-1]:
            shares.others.append((pot, base, period, int(amounts[-1])))


def household_entries(shares: Shares, given: pd.DataFrame) -> pd.DataFrame:
    """The ledger lines of the entitlements ``given``, of orphan pots (to suspense, by name) and other landholders."""
    lines = given.rename(columns={"pot": "document", "kind": "account", "household": "receiver_id"})
    lines = lines.assign(payer=lines["account"].map(SOURCE), payer_id=lines["document"], receiver="household")[COLUMNS]
    rest = [(pot, "orphan", kind, pot, SUSPENSE, pot, base, period, amount) for kind, pot, base, period, amount in shares.orphans]
    rest += [(pot, "rent", LANDHOLDERS, pot, OTHER_LANDHOLDERS, base, base, period, amount) for pot, base, period, amount in shares.others]
    parts = [part for part in (lines, pd.DataFrame(rest, columns=COLUMNS)) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else lines
