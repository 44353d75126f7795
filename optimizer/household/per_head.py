"""Incomes per head and how many each of them counts for: what every measure of poverty and inequality is taken of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from optimizer.revenue.fen import Ints

Floats = npt.NDArray[np.float64]
COUNTED = ("persons", "households")
HALF_WORD = 32


@dataclass(frozen=True, eq=False)
class PerHead:
    """Incomes of households, compared per head.

    ``income_fen``: of the whole household · ``persons``: at least one · ``counted``: whether a household counts for its
    persons (each of whom has the income per head) or for one. Rows may stand in any order.
    """

    income_fen: Ints
    persons: Ints
    counted: str = "persons"

    def __post_init__(self) -> None:
        if self.counted not in COUNTED:
            raise ValueError(f"counted is one of {COUNTED}, not {self.counted!r}")
        if len(self.income_fen) != len(self.persons):
            raise ValueError("as many incomes as numbers of persons")
        if self.income_fen.dtype != np.int64 or self.persons.dtype != np.int64:
            raise TypeError("incomes and persons are int64")
        if len(self.persons) and self.persons.min() < 1:
            raise ValueError("a household has at least one person")

    def part(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> PerHead:
        """The households at these rows (positions or a mask)."""
        return PerHead(self.income_fen[rows], self.persons[rows], self.counted)

    @cached_property
    def weight(self) -> Ints:
        """What each household counts for."""
        return self.persons if self.counted == "persons" else np.ones_like(self.persons)

    @cached_property
    def total_weight(self) -> int:
        return int(self.weight.sum())

    @cached_property
    def fen_per_head(self) -> Floats:
        return self.income_fen / self.persons

    @cached_property
    def weighted_fen(self) -> Floats:
        """Income per head times weight; the household's income where persons count."""
        return self.income_fen * (self.weight / self.persons)

    @cached_property
    def mean_fen(self) -> float | None:
        """Weighted mean income per head; absent without households."""
        return float(self.weighted_fen.sum()) / self.total_weight if self.total_weight else None

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """Rows from the lowest to the highest income per head."""
        return np.argsort(self.fen_per_head, kind="stable")

    @cached_property
    def reached(self) -> Ints:
        """Weight up to and including each row of ``order``."""
        return np.cumsum(self.weight[self.order])

    @cached_property
    def steps(self) -> npt.NDArray[np.bool_]:
        """The rows of ``order`` at which a further income per head is reached in full.

        Equal incomes are one step, so that the order of rows does not matter.
        """
        income = self.fen_per_head[self.order]
        return np.append(income[1:] != income[:-1], True)[: len(income)]

    def cumulated(self, amounts: Ints | Floats) -> tuple[Ints, Floats]:
        """(weight, amount) gathered from the lowest income upwards, both beginning with 0."""
        gathered = np.cumsum(amounts[self.order], dtype=np.float64)
        return np.append(0, self.reached[self.steps]), np.append(0.0, gathered[self.steps])

    @cached_property
    def curve(self) -> tuple[Ints, Floats]:
        """(weight, income) gathered from the lowest income upwards: the Lorenz curve, not yet divided by its end."""
        return self.cumulated(self.weighted_fen)

    def up_to(self, shares: Sequence[Fraction], curve: tuple[Ints, Floats]) -> Floats:
        """What the poorest have together on a gathered curve, for each share of the total weight.

        Between steps the curve is straight, which divides the people at a boundary.
        """
        return np.interp([float(share * self.total_weight) for share in shares], *curve)


def exact_sum(amounts: Ints) -> int:
    """The sum of any number of int64, without overflow: the upper and lower halves are added apart."""
    low = amounts & ((1 << HALF_WORD) - 1)
    return (int((amounts >> HALF_WORD).sum()) << HALF_WORD) + int(low.sum())


def equal_steps(count: int) -> list[Fraction]:
    """1/count, 2/count, … 1."""
    return [Fraction(step, count) for step in range(1, count + 1)]
