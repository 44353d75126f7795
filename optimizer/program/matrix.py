"""A linear (or integer) program as arrays: what solvers take and restarts change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.program.rows import AT_LEAST, AT_MOST

NO_LIMIT = 1e20
"""What the solvers take for a bound that is not there."""


@dataclass
class Matrix:
    """A linear (or integer) program to be maximised, as arrays; what restarts change is changed here in place."""

    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray
    sense: np.ndarray
    rhs: np.ndarray
    row: np.ndarray
    column: np.ndarray
    coefficient: np.ndarray

    def widened(self, cost: np.ndarray, row: np.ndarray, which: np.ndarray, coefficient: np.ndarray) -> Matrix:
        """The program with further decisions ≥ 0 of this ``cost``; ``row``, ``which`` (of them, from 0) and ``coefficient`` are
        their terms."""
        more = len(cost)
        return Matrix(
            cost=np.concatenate([self.cost, cost]),
            lower=np.concatenate([self.lower, np.zeros(more)]),
            upper=np.concatenate([self.upper, np.full(more, np.inf)]),
            integer=np.concatenate([self.integer, np.zeros(more, dtype=bool)]),
            sense=self.sense,
            rhs=self.rhs,
            row=np.concatenate([self.row, row]),
            column=np.concatenate([self.column, len(self.cost) + which]),
            coefficient=np.concatenate([self.coefficient, coefficient]),
        )

    def hold_choices(self, values: np.ndarray) -> None:
        """From now on a linear program: every yes-or-no decision stays as it is in ``values``."""
        chosen = np.round(values)
        self.lower, self.upper = (np.where(self.integer, chosen, bound) for bound in (self.lower, self.upper))
        self.integer = np.zeros_like(self.integer)

    def activity(self, values: np.ndarray) -> np.ndarray:
        """The left-hand side of every row."""
        return np.bincount(self.row, weights=self.coefficient * values[self.column], minlength=len(self.rhs))


def row_bounds(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound of every row."""
    return (
        np.where(matrix.sense == AT_MOST, -np.inf, matrix.rhs),
        np.where(matrix.sense == AT_LEAST, np.inf, matrix.rhs),
    )


def total(one: np.ndarray, other: np.ndarray) -> float:
    """Σ one · other. Not by ``@``, whose threads wait for each other longer than they work where cores are shared."""
    return float((one * other).sum())
