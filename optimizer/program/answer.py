"""What a solver answers, and the proof that it is the optimum."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.problems import SolverStopped
from optimizer.program.basis import Basis
from optimizer.program.matrix import Matrix, total
from optimizer.program.rows import AT_LEAST, AT_MOST
from optimizer.texts import say

OPTIMAL, INFEASIBLE, UNBOUNDED, LIMIT, UNVERIFIED = "optimal", "infeasible", "unbounded", "limit", "unverified"
NOISE = 1e-12
"""What the sum of a row's terms may be off by, relative to the sum of their sizes."""


@dataclass(frozen=True)
class Answer:
    """Values and prices of an optimum. ``row_price``: change of the objective per unit of right-hand side;
    ``reduced_cost``: change per unit of the decision. ``gap`` is the relative distance to the bound; ``basis`` is where the
    solver stood, if it was asked."""

    status: str
    objective: float
    values: np.ndarray
    row_price: np.ndarray
    reduced_cost: np.ndarray
    gap: float
    restarted: bool
    basis: Basis | None = None


def proven(matrix: Matrix, answer: Answer) -> Answer:
    """The answer with its duality gap (of an integer program with the solver's own), or nothing where its proof fails."""
    if answer.status != OPTIMAL:
        return answer
    if not verified(matrix, answer):
        return nothing(UNVERIFIED, matrix)
    return answer if matrix.integer.any() else replace(answer, gap=duality_gap(matrix, answer))


def verified(matrix: Matrix, answer: Answer, tolerance: float = 1e-7) -> bool:
    """Whether an answer is feasible and, for linear programs, its duality gap is at most ``tolerance`` (relative).

    A row may be missed by a millionth of its right-hand side, and by what adding up its terms in another order can change.
    """
    terms = matrix.coefficient * answer.values[matrix.column]
    left, size = (np.bincount(matrix.row, weights=of, minlength=len(matrix.rhs)) for of in (terms, np.abs(terms)))
    over = np.where(matrix.sense != AT_LEAST, left - matrix.rhs, 0.0)
    under = np.where(matrix.sense != AT_MOST, matrix.rhs - left, 0.0)
    if (np.maximum(over, under) > 1e-6 * (1.0 + np.abs(matrix.rhs)) + NOISE * size).any():
        return False
    return bool(matrix.integer.any()) or duality_gap(matrix, answer) <= tolerance


def duality_gap(matrix: Matrix, answer: Answer) -> float:
    """|primal − dual objective| relative to 1 + |primal|. Dual: Σ price·rhs + Σ reduced cost · the bound it rests on."""
    reduced = matrix.cost - np.bincount(
        matrix.column, weights=matrix.coefficient * answer.row_price[matrix.row], minlength=len(matrix.cost)
    )
    bound = np.where(reduced > 0, matrix.upper, matrix.lower)
    resting = np.where(np.isfinite(bound), bound, answer.values)  # an infinite bound needs a zero reduced cost
    dual = total(answer.row_price, matrix.rhs) + total(reduced, resting)
    return abs(dual - answer.objective) / (1.0 + abs(answer.objective))


def nothing(status: str, matrix: Matrix) -> Answer:
    """An answer without values."""
    nan = np.full(len(matrix.cost), np.nan)
    return Answer(status, float("nan"), nan, np.full(len(matrix.rhs), np.nan), nan, float("nan"), False)


def require_optimal(answer: Answer) -> Answer:
    """Anything that is not optimal is never presented as a plan: raises SolverStopped."""
    if answer.status != OPTIMAL:
        raise SolverStopped([say("noplan.stopped", status=answer.status)])
    return answer
