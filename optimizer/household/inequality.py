"""How unequal incomes per head are.

All measures here compare incomes with their mean. They are absent (None) without households, where an income is
negative or where the mean is not above zero; those that take a logarithm or a negative power of every income (mean log
deviation, Atkinson from ε = 1) also where an income is zero. What cannot be below zero is kept from a last bit below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from optimizer.household.per_head import Floats, PerHead
from optimizer.household.poverty import Shortfalls, foster_greer_thorbecke


def comparable(incomes: PerHead, above_zero: bool = False) -> bool:
    """Whether incomes can be compared with their mean: none negative (or none zero either), and a mean above zero."""
    if not incomes.total_weight:
        return False
    lowest = int(incomes.income_fen.min())
    return lowest > 0 if above_zero else lowest >= 0 and bool(incomes.income_fen.any())


def _relative(incomes: PerHead) -> tuple[Floats, Floats]:
    """Share of the people and income over the mean, by household."""
    assert incomes.mean_fen
    return incomes.weight / incomes.total_weight, incomes.fen_per_head / incomes.mean_fen


def gini(incomes: PerHead) -> float | None:
    """Twice the area between the diagonal and the Lorenz curve (trapezoids): 1 − Σ w_i (2S_i − w_i y_i)/(W S).

    This is the form without the factor n/(n − 1): n people of whom one has everything give 1 − 1/n.
    """
    if not comparable(incomes):
        return None
    reached, gathered = incomes.curve
    twice_under = (np.diff(reached) / reached[-1] * ((gathered[1:] + gathered[:-1]) / gathered[-1])).sum()
    return max(0.0, 1.0 - float(twice_under))


def lorenz(incomes: PerHead, shares: Sequence[Fraction]) -> list[float] | None:
    """L(p): the share of all income that the poorest share p of the people has; L(1) = 1."""
    if not comparable(incomes):
        return None
    return [float(part) for part in incomes.up_to(shares, incomes.curve) / incomes.curve[1][-1]]


def generalised_lorenz(incomes: PerHead, shares: Sequence[Fraction]) -> list[float] | None:
    """GL(p) = μ L(p), fen per head. Shorrocks, Economica 50, 1983."""
    curve = lorenz(incomes, shares)
    return None if curve is None or incomes.mean_fen is None else [incomes.mean_fen * part for part in curve]


def palma(incomes: PerHead) -> float | None:
    """Income of the richest tenth over that of the poorest four tenths; absent where these have none.

    Cobham & Sumner, King's International Development Institute working paper 2013-02.
    """
    return _top_to_bottom(incomes, Fraction(1, 10), Fraction(4, 10))


def s80_s20(incomes: PerHead) -> float | None:
    """Income of the richest fifth over that of the poorest fifth; absent where these have none."""
    return _top_to_bottom(incomes, Fraction(1, 5), Fraction(1, 5))


def _top_to_bottom(incomes: PerHead, top: Fraction, bottom: Fraction) -> float | None:
    curve = lorenz(incomes, [1 - top, bottom])
    return None if curve is None or curve[1] == 0 else (1.0 - curve[0]) / curve[1]


def theil_t(incomes: PerHead) -> float | None:
    """(1/N) Σ n (y/μ) ln(y/μ); an income of zero adds nothing. Theil 1967."""
    if not comparable(incomes):
        return None
    share, ratio = _relative(incomes)
    logs = np.log(ratio, out=np.zeros_like(ratio), where=ratio > 0)
    return max(0.0, float((share * ratio * logs).sum()))


def mean_log_deviation(incomes: PerHead) -> float | None:
    """(1/N) Σ n ln(μ/y), Theil's second measure."""
    if not comparable(incomes, above_zero=True):
        return None
    share, ratio = _relative(incomes)
    return max(0.0, -float((share * np.log(ratio)).sum()))


def half_squared_variation(incomes: PerHead) -> float | None:
    """Generalised entropy of order 2: half the squared coefficient of variation. Shorrocks, Econometrica 48, 1980."""
    if not comparable(incomes):
        return None
    share, ratio = _relative(incomes)
    return float((share * (ratio - 1.0) ** 2).sum()) / 2.0


def atkinson(incomes: PerHead, epsilon: float) -> float | None:
    """1 − [mean of y^(1−ε)]^(1/(1−ε))/μ, for ε = 1 one less the geometric mean over μ. Atkinson, J. Econ. Theory 2, 1970."""
    if epsilon <= 0:
        raise ValueError(f"aversion to inequality is above zero, not {epsilon}")
    if not comparable(incomes, above_zero=epsilon >= 1):
        return None
    share, ratio = _relative(incomes)
    if epsilon == 1:
        equal = float(np.exp((share * np.log(ratio)).sum()))
    else:
        equal = float((share * ratio ** (1.0 - epsilon)).sum()) ** (1.0 / (1.0 - epsilon))
    return max(0.0, 1.0 - equal)


@dataclass(frozen=True)
class Decomposition:
    """Inequality within groups and between their means; the two add up to that of all."""

    within: float
    between: float


def decomposed_theil_t(parts: Sequence[PerHead]) -> Decomposition | None:
    """T = Σ s_g T_g + Σ s_g ln(μ_g/μ) with s_g the group's share of income; a group without income adds nothing."""
    if not all(comparable(part) or not part.income_fen.any() for part in parts):
        return None
    count, total = sum(part.total_weight for part in parts), sum(float(part.weighted_fen.sum()) for part in parts)
    if not total:
        return None
    within = between = 0.0
    for part in parts:
        share, own = float(part.weighted_fen.sum()) / total, theil_t(part)
        if own is not None and part.mean_fen:
            within += share * own
            between += share * float(np.log(part.mean_fen / (total / count)))
    return Decomposition(within, between)


def decomposed_mean_log_deviation(parts: Sequence[PerHead]) -> Decomposition | None:
    """L = Σ p_g L_g + Σ p_g ln(μ/μ_g) with p_g the group's share of the people."""
    filled = [part for part in parts if part.total_weight]
    if not filled or not all(comparable(part, above_zero=True) for part in filled):
        return None
    count = sum(part.total_weight for part in filled)
    mean = sum(float(part.weighted_fen.sum()) for part in filled) / count
    within = between = 0.0
    for part in filled:
        own = mean_log_deviation(part)
        assert own is not None and part.mean_fen is not None
        within += part.total_weight / count * own
        between += part.total_weight / count * float(np.log(mean / part.mean_fen))
    return Decomposition(within, between)


def decomposed_poverty(parts: Sequence[Shortfalls], alpha: int) -> list[float] | None:
    """p_g P_α of each group, which add up to P_α of all: what each group contributes."""
    count = sum(part.incomes.total_weight for part in parts)
    if not count:
        return None
    return [part.incomes.total_weight / count * (foster_greer_thorbecke(part, alpha) or 0.0) for part in parts]
