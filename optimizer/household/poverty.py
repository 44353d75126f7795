"""How many are poor, how poor, and how far gains closed the gap below the line.

Somebody is poor where the income per head is below the line, not at it; this is decided in integers
(income < persons · line). Without households every measure is absent (None); without poor people it is zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

from optimizer.household.per_head import Floats, PerHead, exact_sum
from optimizer.revenue.fen import Ints

LARGEST = 2**62
ALPHAS = (0, 1, 2)
Fen = int | Fraction
"""An amount that is exact: whole fen, or a fraction where the line has one."""


@dataclass(frozen=True, eq=False)
class Shortfalls:
    """By how much incomes lie below a line of ``line_fen`` per head (OverflowError where int64 cannot hold it)."""

    incomes: PerHead
    line_fen: Fraction

    def __post_init__(self) -> None:
        if self.line_fen <= 0:
            raise ValueError(f"a poverty line is above zero, not {self.line_fen}")
        incomes = self.incomes
        if len(incomes.persons):
            richest = max(int(incomes.income_fen.max()), -int(incomes.income_fen.min()))
            if int(incomes.persons.max()) * self.line_fen.numerator + richest * self.line_fen.denominator >= LARGEST:
                raise OverflowError("persons · line + income is beyond 2^62")

    @cached_property
    def gap(self) -> Ints:
        """persons · line − income of poor households, times the denominator of the line; 0 for the others."""
        line, parts = self.line_fen.numerator, self.line_fen.denominator
        return np.maximum(self.incomes.persons * line - self.incomes.income_fen * parts, 0)

    @cached_property
    def poor(self) -> npt.NDArray[np.bool_]:
        return self.gap > 0

    @cached_property
    def depth(self) -> Floats:
        """Gap per head as a share of the line; above 1 for a negative income."""
        return self.gap / (self.incomes.persons * self.line_fen.numerator)

    @cached_property
    def poor_weight(self) -> int:
        return int(self.incomes.weight[self.poor].sum())

    @cached_property
    def poorest_first(self) -> tuple[Ints, Floats, Ints]:
        """Weight, depth and weight reached (twice the middle of the step) of the poor, the poorest first."""
        rows = self.incomes.order[self.poor[self.incomes.order]]
        weight = self.incomes.weight[rows]
        reached = np.cumsum(weight)
        return weight, self.depth[rows], 2 * reached - weight


def below(incomes: PerHead, line_fen: Fraction | int) -> Shortfalls:
    """The shortfalls of incomes below a line in fen per head."""
    return Shortfalls(incomes, Fraction(line_fen))


def whole(amount: Fraction) -> Fen:
    """An integer where the amount is one."""
    return int(amount) if amount.denominator == 1 else amount


def total_gap_fen(short: Shortfalls) -> Fen | None:
    """Fen that would lift every poor household to the line: Σ persons · (z − y) over the poor, = N·z·P₁, exact."""
    if not short.incomes.total_weight:
        return None
    return whole(Fraction(exact_sum(short.gap), short.line_fen.denominator))


def foster_greer_thorbecke(short: Shortfalls, alpha: int) -> float | None:
    """P_α = (1/N) Σ over the poor of n ((z − y)/z)^α: headcount (0), gap (1), severity (2).

    Negative incomes count as they are, with a gap above the line. Foster, Greer & Thorbecke, Econometrica 52, 1984.
    """
    count = short.incomes.total_weight
    return float(_poverty(short, alpha, count)) if count else None


def _poverty(short: Shortfalls, alpha: int, count: int) -> Fraction:
    """P_α among ``count`` people; α = 0 and, where persons count, α = 1 are exact."""
    if alpha == 0:
        return Fraction(short.poor_weight, count)
    if alpha == 1 and short.incomes.counted == "persons":
        return Fraction(exact_sum(short.gap), count * short.line_fen.numerator)
    return Fraction(float((short.incomes.weight * short.depth**alpha).sum())) / count


def watts(short: Shortfalls) -> float | None:
    """(1/N) Σ n ln(z/y) over the poor with an income above zero; the others are ``not_positive`` and add nothing.

    Watts 1968; the convention of the World Bank's wbpip.
    """
    if not short.incomes.total_weight:
        return None
    rows = short.poor & (short.incomes.income_fen > 0)
    line = float(short.line_fen)
    logs = np.log(line / short.incomes.fen_per_head[rows])
    return float((short.incomes.weight[rows] * logs).sum()) / short.incomes.total_weight


def not_positive(incomes: PerHead) -> int:
    """People (or households) with an income of zero or less, which have no logarithm."""
    return int(incomes.weight[incomes.income_fen <= 0].sum())


def sen(short: Shortfalls, form: str) -> float | None:
    """H [I + (1 − I) G_p q/(q+1)] (form ``finite``), or without q/(q+1) (form ``asymptotic``, unchanged by replication).

    H headcount, I mean depth and G_p Gini of the q poor. (1 − I) G_p is taken as the absolute Gini of the depths, which
    needs no mean income above zero. Sen, Econometrica 44, 1976.
    """
    if form not in ("finite", "asymptotic"):
        raise ValueError(f"Sen's index is finite or asymptotic, not {form!r}")
    if not short.incomes.total_weight or not short.poor_weight:
        return 0.0 if short.incomes.total_weight else None
    weight, depth, middle = short.poorest_first
    q = short.poor_weight
    mean_depth = float((weight * depth).sum()) / q
    spread = float((weight * ((q - middle) / q) * depth).sum()) / q
    if form == "finite":
        spread *= q / (q + 1)
    return q / short.incomes.total_weight * (mean_depth + spread)


def sen_shorrocks_thon(short: Shortfalls) -> float | None:
    """(1/n²) Σ over the q poor, poorest first, of (2n − 2i + 1)(z − y_i)/z. Shorrocks, Econometrica 63, 1995."""
    n = short.incomes.total_weight
    if not n:
        return None
    weight, depth, middle = short.poorest_first
    return float((weight * ((2 * n - middle) / n) * depth).sum()) / n


@dataclass(frozen=True)
class Areas:
    """Where gains went, in fen. Beckerman, The Economic Journal 89, 1979 (A, B, C, D); opened is not in his figure.

    ``closed``: A, what the gap of those poor before became smaller · ``above``: B, what they gained beyond the line ·
    ``to_others``: C, what those gained who were not poor · ``left``: D, what remains of the gap of those poor before ·
    ``opened``: the gap of those who were not poor before (losses only).
    A + B + C = gains and A + D = gap before, exactly. A household that loses has a negative gain.
    """

    closed: Fen
    above: Fen
    to_others: Fen
    left: Fen
    opened: Fen

    @property
    def vertical_efficiency(self) -> Fraction | None:
        """(A + B)/(A + B + C): the share of gains that reaches those poor before."""
        return _ratio(self.closed + self.above, self.closed + self.above + self.to_others)

    @property
    def spill_over(self) -> Fraction | None:
        """B/(A + B): the share of what the poor gained that lies beyond the line."""
        return _ratio(self.above, self.closed + self.above)

    @property
    def reduction_efficiency(self) -> Fraction | None:
        """A/(A + B + C): the share of gains that closes the gap."""
        return _ratio(self.closed, self.closed + self.above + self.to_others)

    @property
    def gap_efficiency(self) -> Fraction | None:
        """A/(A + D): the share of the gap that is closed."""
        return _ratio(self.closed, self.closed + self.left)


def _ratio(part: Fen, total: Fen) -> Fraction | None:
    """Absent where the total is not above zero."""
    return Fraction(part) / Fraction(total) if total > 0 else None


def beckerman(before: Shortfalls, after: Shortfalls) -> Areas | None:
    """Beckerman's areas of the same households, in the same order, below the same line."""
    if before.line_fen != after.line_fen or not np.array_equal(before.incomes.persons, after.incomes.persons):
        raise ValueError("the same households in the same order below the same line")
    if not before.incomes.total_weight:
        return None
    gain = after.incomes.income_fen - before.incomes.income_fen
    poor, parts = before.poor, before.line_fen.denominator
    gap, left = exact_sum(before.gap), exact_sum(after.gap[poor])
    closed = Fraction(gap - left, parts)
    return Areas(
        closed=whole(closed),
        above=whole(exact_sum(gain[poor]) - closed),
        to_others=exact_sum(gain[~poor]),
        left=whole(Fraction(left, parts)),
        opened=whole(Fraction(exact_sum(after.gap[~poor]), parts)),
    )


def shapley_of_drop(before: Shortfalls, gains: Mapping[str, Ints]) -> dict[str, tuple[Fraction, ...]] | None:
    """What each kind of gain takes off P₀, P₁ and P₂, averaged over all orders in which the kinds could come.

    The parts add up to P(before) − P(with all gains), exactly (as fractions). ``gains``: fen per household by kind.
    Shapley value as in Shorrocks, Journal of Economic Inequality 11, 2013.
    """
    incomes, count = before.incomes, before.incomes.total_weight
    if not count:
        return None
    kinds = [kind for kind, amounts in gains.items() if amounts.any()]
    rows = before.poor | np.any([gains[kind] < 0 for kind in kinds], axis=0) if kinds else before.poor
    reached: dict[frozenset[str], list[Fraction]] = {}
    for group in (frozenset(names) for size in range(len(kinds) + 1) for names in combinations(kinds, size)):
        income = incomes.income_fen[rows] + sum((gains[kind][rows] for kind in kinds if kind in group), start=np.int64(0))
        short = Shortfalls(PerHead(income, incomes.persons[rows], incomes.counted), before.line_fen)
        reached[group] = [_poverty(short, alpha, count) for alpha in ALPHAS]
    found = {kind: (Fraction(0),) * len(ALPHAS) for kind in gains}
    for kind in kinds:
        for group, without in reached.items():
            if kind not in group:
                times = Fraction(factorial(len(group)) * factorial(len(kinds) - len(group) - 1), factorial(len(kinds)))
                steps = zip(found[kind], without, reached[group | {kind}], strict=True)
                found[kind] = tuple(part + times * (high - low) for part, high, low in steps)
    return found
