"""Who gains: how incomes grew along the distribution, whom gains reached and whom they missed.

Poor and rank are those before the gains. A measure is absent (None) where what it divides by is not above zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from optimizer.household.per_head import Floats, PerHead, equal_steps, exact_sum
from optimizer.household.poverty import Shortfalls
from optimizer.revenue.fen import Ints


@dataclass(frozen=True, eq=False)
class Change:
    """Incomes of the same households, in the same order, before and after gains."""

    before: PerHead
    after: PerHead

    def __post_init__(self) -> None:
        if self.before.counted != self.after.counted or not np.array_equal(self.before.persons, self.after.persons):
            raise ValueError("the same households in the same order, counted alike")

    @cached_property
    def gain_fen(self) -> Ints:
        return self.after.income_fen - self.before.income_fen

    @cached_property
    def total_gain_fen(self) -> int:
        return exact_sum(self.gain_fen)

    @cached_property
    def gain_curve(self) -> tuple[Ints, Floats]:
        """(weight, gain) gathered from the lowest income before upwards."""
        return self.before.cumulated(self.gain_fen)


def _growth(after: float, before: float) -> float | None:
    return after / before - 1.0 if before > 0 else None


def quantiles(incomes: PerHead, shares: Sequence[Fraction]) -> Floats:
    """The lowest income per head (fen) at or below which at least each share (above 0) of the people is."""
    least = [-(-share.numerator * incomes.total_weight // share.denominator) for share in shares]
    return incomes.fen_per_head[incomes.order[np.searchsorted(incomes.reached, least)]]


def growth_incidence(before: PerHead, after: PerHead, shares: Sequence[Fraction]) -> list[float | None]:
    """g(p) = y₁(p)/y₀(p) − 1: growth of the income at each rank, whoever holds it (anonymous).

    Ravallion & Chen, Economics Letters 78, 2003.
    """
    if not before.total_weight or not after.total_weight:
        return [None for _ in shares]
    pairs = zip(quantiles(before, shares), quantiles(after, shares), strict=True)
    return [_growth(float(now), float(then)) for then, now in pairs]


def growth_of_same_households(change: Change, groups: int) -> list[float | None]:
    """Growth of the income of those who were the poorest, second poorest, … of ``groups`` equal groups before.

    Grimm, Journal of Economic Inequality 5, 2007.
    """
    steps = equal_steps(groups)
    if not change.before.total_weight:
        return [None for _ in steps]
    then = np.diff(change.before.up_to(steps, change.before.curve), prepend=0.0)
    now = np.diff(change.before.up_to(steps, change.before.cumulated(change.after.weighted_fen)), prepend=0.0)
    return [_growth(float(late), float(early)) for late, early in zip(now, then, strict=True)]


def mean_growth_of_poor(before: Shortfalls, after: PerHead) -> float | None:
    """Mean of the anonymous g(p) over the ranks that were poor before: (1/H) ∫₀ᴴ g(p) dp, Ravallion & Chen 2003.

    Absent where one of these had no income above zero.
    """
    people = before.incomes
    limit = before.poor_weight
    if not limit or before.incomes.income_fen[before.poor].min() <= 0 or people.total_weight != after.total_weight:
        return None
    ends = np.sort(np.concatenate([people.reached[people.reached <= limit], after.reached[after.reached < limit]]))
    then = people.fen_per_head[people.order[np.searchsorted(people.reached, ends)]]
    now = after.fen_per_head[after.order[np.searchsorted(after.reached, ends)]]
    return float((np.diff(ends, prepend=0) * (now / then - 1.0)).sum()) / limit


def mean_growth_of_poor_households(before: Shortfalls, change: Change) -> float | None:
    """Mean growth of the income of those who were poor before; absent where one of them had none above zero."""
    poor = before.poor
    then = change.before.income_fen[poor]
    if not len(then) or then.min() <= 0:
        return None
    weight = change.before.weight[poor]
    return float((weight * (change.gain_fen[poor] / then)).sum()) / int(weight.sum())


@dataclass(frozen=True)
class Targeting:
    """Whom gains reached; a beneficiary is in a household with a gain above zero. Terms of ADePT (Yemtsov et al. 2018).

    ``coverage``: beneficiaries among all · ``coverage_of_poor``: among the poor · ``exclusion_error``: poor who gain
    nothing, among the poor · ``inclusion_error``: not poor, among beneficiaries · ``leakage``: share of gains of those
    not poor · ``adequacy``: gains of beneficiaries over their income after · ``losers``: people whose income fell.
    """

    coverage: float | None
    coverage_of_poor: float | None
    exclusion_error: float | None
    inclusion_error: float | None
    leakage: float | None
    adequacy: float | None
    losers: int


def targeting(change: Change, poor: npt.NDArray[np.bool_]) -> Targeting | None:
    """Coverage, errors, leakage and adequacy of the gains; ``poor``: by household, before them."""
    weight, gain = change.before.weight, change.gain_fen
    if not change.before.total_weight:
        return None
    gains = gain > 0
    reached, of_poor = int(weight[gains].sum()), int(weight[poor].sum())
    both = int(weight[gains & poor].sum())
    income_after = exact_sum(change.after.income_fen[gains])
    return Targeting(
        coverage=reached / change.before.total_weight,
        coverage_of_poor=both / of_poor if of_poor else None,
        exclusion_error=(of_poor - both) / of_poor if of_poor else None,
        inclusion_error=(reached - both) / reached if reached else None,
        leakage=exact_sum(gain[~poor]) / change.total_gain_fen if change.total_gain_fen > 0 else None,
        adequacy=exact_sum(gain[gains]) / income_after if income_after > 0 else None,
        losers=int(weight[gain < 0].sum()),
    )


def gain_shares(change: Change, groups: int = 5) -> list[float | None]:
    """The share of all gains that each of ``groups`` equal groups receives, the poorest before first."""
    steps = equal_steps(groups)
    if change.total_gain_fen <= 0:
        return [None for _ in steps]
    received = np.diff(change.before.up_to(steps, change.gain_curve), prepend=0.0)
    return [float(part) / change.total_gain_fen for part in received]


def coady_grosh_hoddinott(change: Change, poorest: Fraction) -> float | None:
    """The share of gains that the poorest share of the people receives, over that share: 1 is what giving alike gives.

    Coady, Grosh & Hoddinott, World Bank Research Observer 19, 2004.
    """
    if change.total_gain_fen <= 0:
        return None
    return float(change.before.up_to([poorest], change.gain_curve)[0]) / change.total_gain_fen / float(poorest)
