"""Pots, wages and rents divided among households, to the fen, with the fractions carried forward."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.instance.pools import Ties, weights
from optimizer.revenue.fen import INT64_LIMIT, Ints, Working, split_rows, worked
from optimizer.revenue.ledger import COLUMNS, GUARANTEE, LANDHOLDERS, POT, RESERVE, SEP, SUSPENSE, WAGES

TEXTS = ["household", "kind", "base", "period", "pot", "key"]
FIGURES = [
    "amount_fen", "part_fen", "weight", "weight_sum", "floor_fen", "carry_in", "claim", "extra", "carry_out", "capped_fen",
]  # fmt: skip
CARRY_ENDED = ["kind", "base", "key", "household", "carry_micro_fen", "last_period"]
OTHER_LANDHOLDERS = "other_landholders"
SOURCE = {"dividend": POT, "share": POT, "wage": WAGES, "rent": LANDHOLDERS, "guarantee": GUARANTEE}
"""Where an entitlement of a kind is paid from."""


@dataclass(frozen=True)
class Part:
    """A pot, or the part of it that one key divides, and what became of it.

    ``numbers``: the recipients as places in the register, −1 for a recipient outside it · ``capped``: of each amount, the
    fen beyond the recipient's cap.
    """

    kind: str
    base: str
    period: str
    pot: str
    key: str
    amount: int
    numbers: Ints
    working: Working
    capped: Ints

    @property
    def paid(self) -> Ints:
        return self.working.amounts - self.capped


@dataclass
class Shares:
    """What is collected while pots are divided.

    ``parts``: divisions with their workings · ``orphans``: pots (or parts) nobody is there to receive · ``others``: rent
    of landholders outside the register · ``set_aside``: what goes to reserves (pot, account, base, period, fen) ·
    ``ended``: carries that ended with a tie.
    """

    ties: Ties
    parts: list[Part] = field(default_factory=list)
    orphans: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    others: list[tuple[str, str, str, int]] = field(default_factory=list)
    set_aside: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    ended: list[tuple[str, str, str, int, int, str]] = field(default_factory=list)

    def give(self, kind: str, base: str, period: str, pot: str, key: str, amount: int, numbers: Ints, working: Working) -> None:
        """Book the division of ``amount`` among the households at places ``numbers``."""
        nothing = np.zeros(len(numbers), dtype=np.int64)
        self.parts.append(Part(kind, base, period, pot, key, amount, numbers, working, nothing))

    def entitlements(self) -> pd.DataFrame:
        """One row per household with a weight and part of a pot, in the order they were divided, workings beside it.

        Columns: household, kind (dividend, share, wage, rent, guarantee), base, period, pot, key; amount_fen = floor_fen +
        extra − capped_fen; part_fen: what was divided; weight of weight_sum (as ``pools.weights``; wages in thousandths of
        the link's weight, rents in thousandths of a mu, guarantees in fen lacking); carry_in, claim and carry_out in
        millionths of a fen; capped_fen: what went to the reserve because of the cap. Amounts may be 0, so that weights sum
        to weight_sum (but for rent of other landholders) and a carry can be followed from row to row.
        """
        if not self.parts:
            return pd.DataFrame(columns=[*TEXTS, *FIGURES]).astype(dict.fromkeys(FIGURES, "int64"))
        some = [(part.working.weights > 0) & (part.numbers >= 0) for part in self.parts]
        of_part = np.repeat(np.arange(len(self.parts)), [int(which.sum()) for which in some])
        named = [(part.kind, part.base, part.period, part.pot, part.key) for part in self.parts]
        pots = pd.DataFrame(named, columns=TEXTS[1:])
        frame = pots.take(of_part).reset_index(drop=True)
        household = self.ties.register["household"].astype(pots["pot"].dtype)
        frame["household"] = household.take(self._joined([part.numbers for part in self.parts], some)).to_numpy()
        wholes = [part.working.whole for part in self.parts]
        frame["amount_fen"] = self._joined([part.paid for part in self.parts], some)
        frame["part_fen"] = np.array([part.amount for part in self.parts], dtype=np.int64)[of_part]
        frame["weight_sum"] = np.array(wholes, dtype=np.int64 if max(wholes) <= INT64_LIMIT else object)[of_part]
        for column, name in WORKINGS.items():
            frame[column] = self._joined([getattr(part.working, name) for part in self.parts], some)
        frame["capped_fen"] = self._joined([part.capped for part in self.parts], some)
        return frame[[*TEXTS, *FIGURES]]

    @staticmethod
    def _joined(parts: list[Ints], some: list[NDArray[np.bool_]]) -> Ints:
        return np.concatenate([part[which] for part, which in zip(parts, some, strict=True)])

    def carries_ended(self) -> pd.DataFrame:
        """Fractions of a fen written off because the tie they were owed under ended: kind, base and key of the pool,
        household, carry_micro_fen, and the last period in which the pool paid the household."""
        rows = [(*pool, self.ties.register["household"].iat[number], owed, period) for *pool, number, owed, period in self.ended]
        return pd.DataFrame(rows, columns=CARRY_ENDED).astype({"carry_micro_fen": "int64"}).sort_values(CARRY_ENDED[:-2], ignore_index=True)


WORKINGS = {
    "weight": "weights", "floor_fen": "floors", "carry_in": "carry_before", "claim": "claims", "extra": "extra",
    "carry_out": "carry_after",
}  # fmt: skip
"""Columns of the entitlements that are figures of a division."""


@dataclass
class Carry:
    """The fractions of a fen each pool owes its recipients, in millionths; what a household is owed ends with its tie.

    A pool is named (kind, base, key, and for wages the village).
    """

    size: int
    owed: dict[tuple[str, ...], Ints] = field(default_factory=dict)
    paid_in: dict[tuple[str, ...], str] = field(default_factory=dict)
    ended: list[tuple[str, str, str, int, int, str]] = field(default_factory=list)

    def divide(self, pool: tuple[str, ...], period: str, amount: int, numbers: Ints, weight: Ints) -> Working:
        """Divide a pot of the pool among the households at ``numbers``, who are those tied in ``period``."""
        if pool in self.owed:
            self.close(pool, numbers)
        else:
            self.owed[pool] = np.zeros(self.size, dtype=np.int64)
        working = worked(amount, weight, self.owed[pool][numbers])
        self.owed[pool][numbers] = working.carry_after
        self.paid_in[pool] = period
        return working

    def close(self, pool: tuple[str, ...], standing: Ints) -> None:
        """Write off what the pool owes to all but the households at ``standing``."""
        left = self.owed[pool].copy()
        left[standing] = 0
        kind, base, key = pool[:3]
        self.ended += [(kind, base, key, int(n), int(left[n]), self.paid_in[pool]) for n in np.flatnonzero(left)]
        self.owed[pool] -= left


def divide_pots(instance: Instance, ledger: pd.DataFrame, days: pd.DataFrame, shares: Shares) -> None:
    """Dividends and shares: each pot (base × period) by the rule's keys, among households tied to base or company.

    A pool is the standing group of like pots (kind, base, key); what it carries goes from period to period. What the rule
    reserves is set aside first. ``days``: household, base, period, days worked (for the key labour_days).
    """
    pots = ledger[ledger["receiver"] == POT].groupby(["receiver_id", "base", "period"], as_index=False)["amount_fen"].sum()
    pots["order"] = pots["period"].map(instance.periods.number)
    pots = pots.sort_values(["order", "receiver_id"])
    carry = Carry(len(shares.ties.register))
    worked_days = _DaysOf(instance, days)
    for pot, base, period, amount in pots[["receiver_id", "base", "period", "amount_fen"]].itertuples(index=False):
        kind = pot.split(SEP)[0]
        rule = instance.rule_for(period)
        assert rule is not None
        reserved = _reserved(rule, int(amount), sum(fen for *_, where, _, fen in shares.set_aside if where == base))
        if reserved:
            shares.set_aside.append((pot, RESERVE, base, period, reserved))
        people = shares.ties.recipients(kind, base, period)
        numbers = people["number"].to_numpy(dtype=np.int64)
        parts = split_rows(np.array([amount - reserved]), list(rule.household_key.values()))[0].tolist()
        for key, part in zip(rule.household_key, parts, strict=True):
            if part == 0:
                continue
            weight = weights(instance, people, key, worked_days.at(base, period))
            if not weight.any():
                shares.orphans.append((POT, pot, base, period, part))
                continue
            by_carry = carry.divide((kind, base, key), period, part, numbers, weight) if rule.carry else worked(part, weight)
            shares.give(kind, base, period, pot, key, part, numbers, by_carry)
    _close_pools(instance, carry, shares)


def _reserved(rule: SplitRule, amount: int, held: int) -> int:
    """What of a pot goes to the reserve of its base, which holds so much already: the rule's share, no more than up to
    its target; a negative pot takes its share back, no more than there is."""
    if not rule.reserve_share:
        return 0
    part = int(split_rows(np.array([amount]), [1 - rule.reserve_share, rule.reserve_share])[0, 1])
    room = part if rule.reserve_yuan is None else max(0, int(rule.reserve_yuan * 100) - held)
    return max(min(part, room), -held)


def _close_pools(instance: Instance, carry: Carry, shares: Shares) -> None:
    """Write off what pools owe to households that are no longer tied, or that are not paid by carry, in the last period."""
    last = instance.periods.names[-1]
    rule = instance.rule_for(last)
    for pool in list(carry.owed):
        kind, base, key = pool
        goes_on = rule is not None and rule.carry and key in rule.household_key
        standing = shares.ties.recipients(kind, base, last)["number"].to_numpy(dtype=np.int64)
        carry.close(pool, standing if goes_on else standing[:0])
    shares.ended += carry.ended


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


class Decided(Protocol):
    """A plan as far as its days of work are asked for: solved just now, or stored."""

    @property
    def instance(self) -> Instance: ...

    def decisions(self, kind: str) -> pd.DataFrame: ...


def days_worked(plan: Decided, ties: Ties) -> pd.DataFrame:
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
    hands = [_hands(shares.ties, era) for era in range(len(shares.ties.holding))]
    carry = Carry(len(shares.ties.register))
    number = instance.periods.number
    for pot in sorted(pots.index, key=lambda p: (number[p.split(SEP)[2]], p)):
        village, base, period = pot.split(SEP)
        there = hands[shares.ties.eras[period]]
        amount = int(pots[pot])
        if (village, base) not in there:
            shares.orphans.append((WAGES, pot, base, period, amount))
            continue
        numbers, weight = there[village, base]
        working = carry.divide(("wage", base, "weight", village), period, amount, numbers, weight)
        shares.give("wage", base, period, pot, "weight", amount, numbers, working)
    standing = hands[shares.ties.eras[instance.periods.names[-1]]]
    for pool in list(carry.owed):
        _, base, _, village = pool
        carry.close(pool, standing[village, base][0] if (village, base) in standing else np.zeros(0, dtype=np.int64))
    shares.ended += carry.ended


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
        leased = shares.ties.of("rent", base, shares.ties.eras[period]).sort_values("number", kind="stable")
        mine = np.rint(leased["area_mu"].to_numpy(dtype=float) * 1000).astype(np.int64)
        rest = max(0, round(float(land[base]) * 1000) - int(mine.sum()))
        working = worked(int(amount), np.append(mine, rest))
        numbers = np.append(leased["number"].to_numpy(dtype=np.int64), -1)
        shares.give("rent", base, period, pot, "land", int(amount), numbers, working)
        if working.amounts[-1]:
            shares.others.append((pot, base, period, int(working.amounts[-1])))


def household_entries(shares: Shares, given: pd.DataFrame) -> pd.DataFrame:
    """The ledger lines of the entitlements ``given``, of what goes to reserves, of orphan pots (to suspense, by name) and
    of other landholders."""
    lines = given[(given["amount_fen"] != 0).to_numpy()].reset_index(drop=True)
    lines = lines.rename(columns={"pot": "document", "kind": "account", "household": "receiver_id"})
    lines = lines.assign(payer=lines["account"].map(SOURCE), payer_id=lines["document"], receiver="household")[COLUMNS]
    rest = [(pot, "orphan", kind, pot, SUSPENSE, pot, base, period, amount) for kind, pot, base, period, amount in shares.orphans]
    rest += [(pot, "rent", LANDHOLDERS, pot, OTHER_LANDHOLDERS, base, base, period, amount) for pot, base, period, amount in shares.others]
    rest += [(pot, account, POT, pot, RESERVE, base, base, period, amount) for pot, account, base, period, amount in shares.set_aside]
    parts = [part for part in (lines, pd.DataFrame(rest, columns=COLUMNS)) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else lines
