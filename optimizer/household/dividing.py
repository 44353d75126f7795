"""Pots, wages and rents divided among households, to the fen, with the fractions carried forward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.instance.pools import COLUMN_OF_KEY, Ties
from optimizer.instance.pools import FIGURES as TIED_FIGURES
from optimizer.revenue.fen import INT64_LIMIT, Ints, Working, split_rows, worked
from optimizer.revenue.ledger import COLUMNS, GUARANTEE, LANDHOLDERS, POT, RESERVE, SEP, SUSPENSE, WAGES

TEXTS = ["household", "kind", "base", "period", "pot", "key"]
FIGURES = [
    "amount_fen", "part_fen", "weight", "weight_sum", "floor_fen", "carry_in", "claim", "extra", "carry_out", "capped_fen",
]  # fmt: skip
CARRY_ENDED = ["kind", "base", "key", "household", "carry_micro_fen", "last_period"]
DAYS = ["household", "village", "base", "period", "days", "reservation_yuan"]
OTHER_LANDHOLDERS = "other_landholders"
POTS, TOP_UPS, WORK, RENTS = range(4)
"""The order in which entitlements of the four sources are listed."""

SOURCE = {"dividend": POT, "share": POT, "wage": WAGES, "rent": LANDHOLDERS, "guarantee": GUARANTEE}
"""Where an entitlement of a kind is paid from."""


@dataclass(frozen=True)
class Part:
    """A pot, or the part of it that one key divides, and what became of it.

    ``numbers``: the recipients as places in the register (rising but for rents, where one may hold several leases), −1 for a
    recipient outside it · ``order``: where it stands among all parts of a ledger · ``capped``: of each amount, the fen
    beyond the recipient's cap (None where there is no cap).
    """

    kind: str
    base: str
    period: str
    pot: str
    key: str
    amount: int
    numbers: Ints
    working: Working
    order: tuple[int, int]
    capped: Ints | None = None

    @property
    def paid(self) -> Ints:
        return self.working.amounts if self.capped is None else self.working.amounts - self.capped


@dataclass
class Shares:
    """What is collected while pots are divided.

    ``parts``: divisions with their workings; with ``hand_on`` each is given to that function instead, and forgotten ·
    ``orphans``: pots (or parts) nobody is there to receive · ``others``: rent of landholders outside the register ·
    ``set_aside``: what goes to reserves (pot, account, base, period, fen) · ``ended``: carries that ended with a tie.

    Pots are divided base by base, each with its carry from period to period, since bases share nothing. What is listed
    stands in the order of the ledger: pots and wages by period and name, rents by base.
    """

    ties: Ties
    hand_on: Callable[[Part], None] | None = None
    parts: list[Part] = field(default_factory=list)
    orphans: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    others: list[tuple[str, str, str, int]] = field(default_factory=list)
    set_aside: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    ended: list[tuple[str, str, str, int, int, str]] = field(default_factory=list)

    def give(self, part: Part) -> None:
        """Book the division of a pot, or of a part of it."""
        if self.hand_on is not None:
            self.hand_on(part)
        else:
            self.parts.append(part)

    def in_order(self) -> list[Part]:
        """All parts as the ledger lists their pots."""
        return sorted(self.parts, key=lambda part: part.order)

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
        parts = self.in_order()
        some = [(part.working.weights > 0) & (part.numbers >= 0) for part in parts]
        of_part = np.repeat(np.arange(len(parts)), [int(which.sum()) for which in some])
        named = [(part.kind, part.base, part.period, part.pot, part.key) for part in parts]
        pots = pd.DataFrame(named, columns=TEXTS[1:])
        frame = pots.take(of_part).reset_index(drop=True)
        household = self.ties.register["household"].astype(pots["pot"].dtype)
        frame["household"] = household.take(_joined([part.numbers for part in parts], some)).to_numpy()
        wholes = [part.working.whole for part in parts]
        frame["amount_fen"] = _joined([part.paid for part in parts], some)
        frame["part_fen"] = np.array([part.amount for part in parts], dtype=np.int64)[of_part]
        frame["weight_sum"] = np.array(wholes, dtype=np.int64 if max(wholes) <= INT64_LIMIT else object)[of_part]
        for column, name in WORKINGS.items():
            frame[column] = _joined([getattr(part.working, name) for part in parts], some)
        frame["capped_fen"] = _joined([np.zeros_like(part.numbers) if part.capped is None else part.capped for part in parts], some)
        return frame[[*TEXTS, *FIGURES]]

    def carries_ended(self) -> pd.DataFrame:
        """Fractions of a fen written off because the tie they were owed under ended: kind, base and key of the pool,
        household, carry_micro_fen, and the last period in which the pool paid the household."""
        rows = [(*pool, self.ties.register["household"].iat[number], owed, period) for *pool, number, owed, period in self.ended]
        return pd.DataFrame(rows, columns=CARRY_ENDED).astype({"carry_micro_fen": "int64"}).sort_values(CARRY_ENDED[:-2], ignore_index=True)


def _joined(parts: list[Ints], some: list[NDArray[np.bool_]]) -> Ints:
    return np.concatenate([part[which] for part, which in zip(parts, some, strict=True)])


WORKINGS = {
    "weight": "weights", "floor_fen": "floors", "carry_in": "carry_before", "claim": "claims", "extra": "extra",
    "carry_out": "carry_after",
}  # fmt: skip
"""Columns of the entitlements that are figures of a division."""


@dataclass(frozen=True)
class Owed:
    """The fractions of a fen a pool owes to its recipients (millionths, beside their places in the register, which rise)
    since it paid them in ``period``."""

    numbers: Ints
    carry: Ints
    period: str


@dataclass
class Carry:
    """What each pool owes its recipients; what a household is owed ends with its tie.

    A pool is named (kind, base, key, and for wages the village).
    """

    owed: dict[tuple[str, ...], Owed] = field(default_factory=dict)
    ended: list[tuple[str, str, str, int, int, str]] = field(default_factory=list)

    def divide(self, pool: tuple[str, ...], period: str, amount: int, numbers: Ints, weight: Ints) -> Working:
        """Divide a pot of the pool among the households at ``numbers``, who are those tied in ``period``."""
        working = worked(amount, weight, self._before(pool, numbers))
        self.owed[pool] = Owed(numbers, working.carry_after, period)
        return working

    def _before(self, pool: tuple[str, ...], numbers: Ints) -> Ints:
        """What the pool owes to the households at ``numbers``; what it owes to others is written off."""
        if pool not in self.owed:
            return np.zeros(len(numbers), dtype=np.int64)
        last = self.owed[pool]
        if np.array_equal(last.numbers, numbers):
            return last.carry
        self.close(pool, numbers)
        before = np.zeros(len(numbers), dtype=np.int64)
        _, new, old = np.intersect1d(numbers, last.numbers, assume_unique=True, return_indices=True)
        before[new] = last.carry[old]
        return before

    def close(self, pool: tuple[str, ...], standing: Ints) -> None:
        """Write off what the pool owes to all but the households at ``standing``."""
        last = self.owed[pool]
        left = np.flatnonzero((last.carry != 0) & ~np.isin(last.numbers, standing, assume_unique=True))
        kind, base, key = pool[:3]
        self.ended += [(kind, base, key, int(last.numbers[i]), int(last.carry[i]), last.period) for i in left]


def divide_pots(instance: Instance, ledger: pd.DataFrame, days: pd.DataFrame, shares: Shares) -> None:
    """Dividends and shares: each pot (base × period) by the rule's keys, among households tied to base or company.

    A pool is the standing group of like pots (kind, base, key); what it carries goes from period to period. What the rule
    reserves is set aside first. ``days``: household, base, period, days worked (for the key labour_days).
    """
    pots = ledger[ledger["receiver"] == POT].groupby(["receiver_id", "base", "period"], as_index=False)["amount_fen"].sum()
    pots["order"] = pots["period"].map(instance.periods.number)
    pots = pots.sort_values(["order", "receiver_id"], ignore_index=True)
    worked_days = _DaysOf(instance, days)
    asked = {COLUMN_OF_KEY.get(key, "present") for rule in instance.split for key in rule.household_key}
    figures = tuple(name for name in TIED_FIGURES if name in asked)
    waiting: list[tuple[int, tuple[str, str, str, str, int]]] = []
    reserves: list[tuple[int, tuple[str, str, str, str, int]]] = []
    for base, mine in pots.groupby("base"):
        base, carry, held = str(base), Carry(), 0
        for order, pot, period, amount in mine[["receiver_id", "period", "amount_fen"]].itertuples(name=None):
            kind, rule = pot.split(SEP)[0], instance.rule_for(period)
            assert rule is not None
            reserved = _reserved(rule, int(amount), held)
            held += reserved
            if reserved:
                reserves.append((order, (pot, RESERVE, base, period, reserved)))
            tied = shares.ties.tied(kind, base, period, figures)
            for key, part in _parts(rule, int(amount) - reserved):
                weight = shares.ties.weights(tied, key, worked_days.at(base, period))
                if not weight.any():
                    waiting.append((order, (POT, pot, base, period, part)))
                    continue
                pool = (kind, base, key)
                working = carry.divide(pool, period, part, tied.numbers, weight) if rule.carry else worked(part, weight)
                shares.give(Part(kind, base, period, pot, key, part, tied.numbers, working, (POTS, order)))
        _close_pools(instance, carry, shares, figures)
    shares.set_aside += [row for _, row in sorted(reserves, key=itemgetter(0))]
    shares.orphans += [row for _, row in sorted(waiting, key=itemgetter(0))]


def _parts(rule: SplitRule, amount: int) -> list[tuple[str, int]]:
    """What each key of a rule divides of an amount, where that is anything."""
    parts = [amount]
    if len(rule.household_key) > 1:
        parts = split_rows(np.array([amount]), list(rule.household_key.values()))[0].tolist()
    return [(key, part) for key, part in zip(rule.household_key, parts, strict=True) if part]


def _reserved(rule: SplitRule, amount: int, held: int) -> int:
    """What of a pot goes to the reserve of its base, which holds so much already: the rule's share, no more than up to
    its target; a negative pot takes its share back, no more than there is."""
    if not rule.reserve_share:
        return 0
    part = int(split_rows(np.array([amount]), [1 - rule.reserve_share, rule.reserve_share])[0, 1])
    room = part if rule.reserve_yuan is None else max(0, int(rule.reserve_yuan * 100) - held)
    return max(min(part, room), -held)


def _close_pools(instance: Instance, carry: Carry, shares: Shares, figures: tuple[str, ...]) -> None:
    """Write off what pools owe to households that are no longer tied, or that are not paid by carry, in the last period."""
    last = instance.periods.names[-1]
    rule = instance.rule_for(last)
    for pool in carry.owed:
        kind, base, key = pool
        goes_on = rule is not None and rule.carry and key in rule.household_key
        standing = shares.ties.tied(kind, base, last, figures).numbers
        carry.close(pool, standing if goes_on else standing[:0])
    shares.ended += carry.ended


def by_days(instance: Instance) -> bool:
    """Whether anything is divided by the days each household worked."""
    return any("labour_days" in rule.household_key for rule in instance.split)


def days_for_keys(plan: Decided, ties: Ties) -> pd.DataFrame:
    """Days worked as ``days_worked`` gives them, if a division key asks for them; else empty."""
    return days_worked(plan, ties) if by_days(plan.instance) else pd.DataFrame(columns=DAYS)


class _DaysOf:
    """Days worked by household at one base and period; looked up only if a division key asks for them."""

    def __init__(self, instance: Instance, days: pd.DataFrame) -> None:
        self.days = days if by_days(instance) else days.head(0)

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
    work = work_by_place(plan)
    if work.empty:
        return pd.DataFrame(columns=DAYS)
    era = work["period"].map(ties.eras)
    joined = pd.concat([part.merge(ties.hands(number), on=["village", "base"]) for number, part in work.groupby(era)])
    joined["days"] = joined["value"] * joined["part"]
    joined["reservation_yuan"] *= joined["part"]
    return joined[DAYS].sort_values(["period", "village", "base", "household"], ignore_index=True)


def work_by_place(plan: Decided) -> pd.DataFrame:
    """Days a village works at a base and period, and what they are worth to it: village, base, period, value,
    reservation_yuan. Empty where nobody is tied to anything."""
    work, instance = plan.decisions("work"), plan.instance
    if work.empty or instance.table("links").empty:
        return pd.DataFrame(columns=["village", "base", "period", "value", "reservation_yuan"])
    rates = instance.table("workers")[["village", "resource", "period", "reservation_yuan_per_day"]]
    work = work.merge(rates, on=["village", "resource", "period"])
    work["reservation_yuan"] = work["value"] * work["reservation_yuan_per_day"]
    return work.groupby(["village", "base", "period"], as_index=False)[["value", "reservation_yuan"]].sum()


def divide_wages(instance: Instance, ledger: pd.DataFrame, shares: Shares) -> None:
    """Wages of a village at a base and period, among its households by the weights of their wage links."""
    pots = ledger[ledger["receiver"] == WAGES].groupby("receiver_id")["amount_fen"].sum()
    hands = [_hands(shares.ties, era) for era in range(len(shares.ties.holding))]
    number, eras = instance.periods.number, shares.ties.eras
    by_place: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
    for order, pot in enumerate(sorted(pots.index, key=lambda p: (number[p.split(SEP)[2]], p))):
        village, base, period = pot.split(SEP)
        if (village, base) in hands[eras[period]]:
            by_place.setdefault((village, base), []).append((order, pot, period))
        else:
            shares.orphans.append((WAGES, pot, base, period, int(pots[pot])))
    standing = hands[eras[instance.periods.names[-1]]]
    for (village, base), mine in by_place.items():
        carry, pool = Carry(), ("wage", base, "weight", village)
        for order, pot, period in mine:
            amount, (numbers, weight) = int(pots[pot]), hands[eras[period]][village, base]
            working = carry.divide(pool, period, amount, numbers, weight)
            shares.give(Part("wage", base, period, pot, "weight", amount, numbers, working, (WORK, order)))
        carry.close(pool, standing[village, base][0] if (village, base) in standing else np.zeros(0, dtype=np.int64))
        shares.ended += carry.ended


def _hands(ties: Ties, era: int) -> dict[tuple[str, str], tuple[Ints, Ints]]:
    """Of each village and base, who works there (places in the register) and with which weight, in thousandths."""
    hands = ties.hands_of(era)
    if not hands.places:
        return {}
    order = np.argsort(hands.place, kind="stable")
    ends = np.cumsum(np.bincount(hands.place, minlength=len(hands.places)))[:-1]
    numbers = np.split(hands.number[order].astype(np.int64), ends)
    weights = np.split(np.rint(hands.weight[order] * 1000).astype(np.int64), ends)
    return {place: (who, weight) for place, who, weight in zip(hands.places, numbers, weights, strict=True) if weight.any()}


def divide_rents(instance: Instance, ledger: pd.DataFrame, shares: Shares) -> None:
    """Rent of a base, by leased area, among the households that lease to it; the rest goes to other landholders."""
    pots = ledger[ledger["receiver"] == LANDHOLDERS].groupby(["receiver_id", "base", "period"])["amount_fen"].sum().reset_index()
    land = instance.table("land").groupby("base")["area_mu"].sum()
    for order, pot, base, period, amount in pots.itertuples(name=None):
        numbers, mine = shares.ties.leases(base, shares.ties.eras[period])
        rest = max(0, round(float(land[base]) * 1000) - int(mine.sum()))
        working = worked(int(amount), np.append(mine, rest))
        shares.give(Part("rent", base, period, pot, "land", int(amount), np.append(numbers, -1), working, (RENTS, order)))
        if working.amounts[-1]:
            shares.others.append((pot, base, period, int(working.amounts[-1])))


def household_entries(shares: Shares, given: pd.DataFrame) -> pd.DataFrame:
    """The ledger lines of the entitlements ``given``, of what goes to reserves, of orphan pots (to suspense, by name) and
    of other landholders."""
    lines = given[(given["amount_fen"] != 0).to_numpy()].reset_index(drop=True)
    lines = lines.rename(columns={"pot": "document", "kind": "account", "household": "receiver_id"})
    lines = lines.assign(payer=lines["account"].map(SOURCE), payer_id=lines["document"], receiver="household")[COLUMNS]
    parts = [part for part in (lines, other_entries(shares)) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else lines


def other_entries(shares: Shares) -> pd.DataFrame:
    """The ledger lines of all that leaves pots but for the households of the register."""
    rest = [(pot, "orphan", kind, pot, SUSPENSE, pot, base, period, amount) for kind, pot, base, period, amount in shares.orphans]
    rest += [(pot, "rent", LANDHOLDERS, pot, OTHER_LANDHOLDERS, base, base, period, amount) for pot, base, period, amount in shares.others]
    rest += [(pot, account, POT, pot, RESERVE, base, base, period, amount) for pot, account, base, period, amount in shares.set_aside]
    return pd.DataFrame(rest, columns=COLUMNS)


def payments_of_pots(shares: Shares) -> pd.DataFrame:
    """What pots, wages and rents pay to households of the register, one ledger line for each part of a pot."""
    rows = [
        (part.pot, part.kind, SOURCE[part.kind], part.pot, "household", "", part.base, part.period, int(part.paid[part.numbers >= 0].sum()))
        for part in shares.parts
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
