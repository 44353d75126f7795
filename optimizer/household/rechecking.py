"""The division checked by another way than it was made: each part of a pot as it comes, then all pots and accounts together.

Nothing is divided again. A share is right if it satisfies what defines it, which takes products and comparisons only; weights
are added up over the links of the whole county at once, and carries are remembered here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray

from optimizer.household.dividing import Part, Shares
from optimizer.household.expecting import Expected
from optimizer.household.guarantees import CAP
from optimizer.household.income import Sums
from optimizer.instance.instance import Instance
from optimizer.revenue.fen import INT64_LIMIT, MICRO, Ints, Working
from optimizer.revenue.ledger import GUARANTEE, LANDHOLDERS, POT, SEP, WAGES

THROUGH = (POT, WAGES, LANDHOLDERS, GUARANTEE)
"""What households are paid from."""


@dataclass(frozen=True)
class Broken:
    """Something a division must satisfy and does not: ``rule`` (people, weights, share, odd_fen, carry, cap, sum, pot, account) and
    where. ``pot`` is blank where all pots are meant."""

    rule: str
    base: str
    period: str
    pot: str
    key: str


@dataclass
class Recheck:
    """Checks every part it is shown; ``broken`` says what was wrong.

    Parts of one pool come in the order of their periods, and all parts of a base's pots (of a village's wages) one after
    another, as they are divided. Weights by days worked are taken as they are given, those of a guarantee are what the
    division itself found lacking.
    """

    instance: Instance
    expected: Expected
    size: int
    """How many households are in the register."""
    broken: list[Broken] = field(default_factory=list)
    parts: int = 0
    entitlements: int = 0
    """What was looked at: parts, and households with a weight in them."""
    totals: Ints = field(init=False)
    out_of: dict[str, int] = field(default_factory=dict)
    """Fen that parts were said to divide of each pot."""
    owed: dict[tuple[str, ...], tuple[Ints, Ints]] = field(default_factory=dict)
    stage: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.totals = np.zeros(self.size + 1, dtype=np.int64)

    def part(self, part: Part) -> None:
        """Check the division of one part of a pot, and remember what it pays and carries."""
        self.parts += 1
        self.entitlements += int(np.count_nonzero((part.working.weights > 0) & (part.numbers >= 0)))
        self.out_of[part.pot] = self.out_of.get(part.pot, 0) + part.amount
        np.add.at(self.totals, part.numbers, part.paid)
        found = [*self._of_people(part), *of_shares(part.amount, part.working), *self._of_carry(part)]
        if part.capped is not None and ((part.capped < 0) | (part.capped > np.maximum(part.working.amounts, 0))).any():
            found.append(CAP)
        self.broken += [Broken(rule, part.base, part.period, part.pot, part.key) for rule in dict.fromkeys(found)]

    def _of_people(self, part: Part) -> Iterator[str]:
        """Each recipient once and from the register, with weights that sum to what links and register come to."""
        steps = np.diff(part.numbers[:-1] if part.kind == "rent" else part.numbers)
        if (len(steps) and steps.min() < (0 if part.kind == "rent" else 1)) or part.numbers.max() >= self.size:
            yield "people"
        expected = self.expected.of(part)
        if expected is not None and expected != checksum(part.numbers, part.working.weights):
            yield "weights"

    def _of_carry(self, part: Part) -> Iterator[str]:
        """What each recipient brings along is what the pool last said it is owed (nothing, for a new one)."""
        village = part.pot.split(SEP)[0] if part.kind == "wage" else ""
        rule = self.instance.rule_for(part.period)
        carries = part.kind == "wage" or (part.kind in ("dividend", "share") and rule is not None and rule.carry)
        stage = ((part.kind in ("dividend", "share") and "pots") or part.kind, part.base, village)
        if stage != self.stage:
            self.owed.clear()
            self.stage = stage
        pool = (part.kind, part.base, part.key, village)
        if not carries:
            if part.working.carry_before.any():
                yield "carry"
            return
        before = np.zeros(len(part.numbers), dtype=np.int64)
        if pool in self.owed:
            numbers, carry = self.owed[pool]
            if np.array_equal(numbers, part.numbers):
                before = carry
            else:
                place = np.minimum(np.searchsorted(numbers, part.numbers), len(numbers) - 1)
                before = np.where(numbers[place] == part.numbers, carry[place], 0)
        if not np.array_equal(before, part.working.carry_before):
            yield "carry"
        self.owed[pool] = (part.numbers, part.working.carry_after)

    def pots(self, ledger: pd.DataFrame, shares: Shares) -> None:
        """Check that each pot of the ledger was divided whole: parts, what was set aside before, and what waits."""
        into = ledger[ledger["receiver"].isin(THROUGH)].groupby("receiver_id")["amount_fen"].sum()
        gone = dict(self.out_of)
        for _, pot, _, _, amount in shares.orphans:
            gone[pot] = gone.get(pot, 0) + amount
        for pot, account, _, _, amount in shares.set_aside:
            gone[pot] = gone.get(pot, 0) + (amount if account != CAP else 0)  # what a cap holds back was divided before
        for pot in sorted({*gone, *into.index}):
            if gone.get(pot, 0) != int(into.get(pot, 0)):
                self.broken.append(Broken("pot", "", "", pot, ""))

    def accounts(self, sums: Sums) -> None:
        """Check that each household's account, over all kinds, is the sum of its lines."""
        together = sum(sums.by_kind.values(), np.zeros(self.size + 1, dtype=np.int64))
        if not np.array_equal(together, self.totals):
            self.broken.append(Broken("account", "", "", "", ""))


def of_shares(total: int, working: Working) -> Iterator[str]:
    """What makes a division right, in integers: of ``total`` fen, each share's whole fen q and the rest r = total·w − q·W with
    0 ≤ r < W; the millionths f of a fen it adds to the carry, with 0 ≤ 10⁶·r − f·W < W; an odd fen for the largest claims and
    none without a weight; and a sum that is the total."""
    weights, whole = working.weights, working.whole
    if _total(weights) != whole or (weights < 0).any():
        yield "weights"
        return
    sign = -1 if total < 0 else 1
    odd, amounts, after, before = (
        sign * figure for figure in (working.odd.astype(np.int64), working.amounts, working.carry_after, working.carry_before)
    )
    claims = after + MICRO * odd
    whole_fen, fraction = amounts - odd, claims - before
    wide = weights.dtype == object or max(abs(total) * int(weights.max()), MICRO * whole, int(np.abs(amounts).max()) * whole) > INT64_LIMIT
    exact: DTypeLike = object if wide else np.int64
    rest = abs(total) * weights.astype(exact) - whole_fen.astype(exact) * whole
    if (rest < 0).any() or (rest >= whole).any() or (amounts < 0).any():
        yield "share"
    elif (np.abs(fraction) > MICRO).any():
        yield "carry"
    else:
        left = MICRO * rest - fraction.astype(exact) * whole
        if (left < 0).any() or (left >= whole).any():
            yield "carry"
    if int(amounts.sum()) != abs(total):
        yield "sum"
    if ((odd != 0) & (odd != 1)).any() or not _largest_served(claims, odd == 1, (weights > 0).astype(bool)):
        yield "odd_fen"


def _largest_served(claims: Ints, served: NDArray[np.bool_], positive: NDArray[np.bool_]) -> bool:
    """Whether those with an odd fen have a weight, and nobody with a weight who has none claims more, or stands before one
    of them with the same claim."""
    if not served.any():
        return True
    least = claims[served].min()
    waiting = claims[positive & ~served]
    if (served & ~positive).any() or (len(waiting) and waiting.max() > least):
        return False
    equal = claims == least
    passed_over = np.flatnonzero(equal & positive & ~served)
    return not len(passed_over) or bool(np.flatnonzero(equal & served)[-1] < passed_over[0])


def _total(weights: NDArray[Any]) -> int:
    wide = weights.dtype == object or int(weights.max()) > INT64_LIMIT // max(len(weights), 1)
    return sum(weights.tolist()) if wide else int(weights.sum())


def checksum(numbers: Ints, weights: NDArray[Any]) -> tuple[int, int]:
    """The sum of the weights, and one that tells whose they are: Σ weight · (place in the register + 1), modulo 2⁶⁴."""
    small = np.array([weight % 2**64 for weight in weights], dtype=np.uint64) if weights.dtype == object else weights.astype(np.uint64)
    return _total(weights), int((small * (numbers + 1).astype(np.uint64)).sum(dtype=np.uint64))
