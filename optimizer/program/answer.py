"""What a solver answers, and the proof that it is the optimum."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.problems import SolverStopped
from optimizer.program.basis import Basis
from optimizer.program.matrix import NO_LIMIT, Matrix, total
from optimizer.program.rows import AT_LEAST, AT_MOST
from optimizer.texts import say

OPTIMAL, INFEASIBLE, UNBOUNDED, LIMIT, UNVERIFIED = "optimal", "infeasible", "unbounded", "limit", "unverified"
MOST_GAP = 1e-7
"""The largest duality gap of a linear program that counts as its optimum, relative."""
MISSED = 1e-6
"""What a row or bound may be missed by, relative to its right-hand side."""
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
    is_linear = not matrix.integer.any()
    gap = duality_gap(matrix, answer) if is_linear else answer.gap
    holds = is_feasible(matrix, answer.values) and (gap <= MOST_GAP or not is_linear)
    return replace(answer, gap=gap) if holds else nothing(UNVERIFIED, matrix)


def is_feasible(matrix: Matrix, values: np.ndarray) -> bool:
    """Whether values keep all rows and bounds.

    A row or bound may be missed by a millionth of its right-hand side, a row also by what adding up its terms in another order can
    change.
    """
    terms = matrix.coefficient * values[matrix.column]
    left, size = (np.bincount(matrix.row, weights=of, minlength=len(matrix.rhs)) for of in (terms, np.abs(terms)))
    over = np.where(matrix.sense != AT_LEAST, left - matrix.rhs, 0.0)
    under = np.where(matrix.sense != AT_MOST, matrix.rhs - left, 0.0)
    if (np.maximum(over, under) > MISSED * (1.0 + np.abs(matrix.rhs)) + NOISE * size).any():
        return False
    room = [MISSED * (1.0 + np.abs(bound)) for bound in (matrix.lower, matrix.upper)]
    return bool((values >= matrix.lower - room[0]).all() and (values <= matrix.upper + room[1]).all())


def duality_gap(matrix: Matrix, answer: Answer) -> float:
    """|primal − dual objective| relative to 1 + |primal|; infinite where the prices bound nothing.

    Dual: Σ price·rhs + Σ reduced cost · the bound it rests on. A price of the wrong sign counts as 0. A decision without the bound it
    would rest on must have no reduced cost, but for ``MOST_GAP`` of what its terms come to.
    """
    price = np.where(matrix.sense == AT_MOST, np.maximum(answer.row_price, 0.0), answer.row_price)
    price = np.where(matrix.sense == AT_LEAST, np.minimum(price, 0.0), price)
    terms = matrix.coefficient * price[matrix.row]
    priced, size = (np.bincount(matrix.column, weights=of, minlength=len(matrix.cost)) for of in (terms, np.abs(terms)))
    reduced = matrix.cost - priced
    bound = np.where(reduced > 0, matrix.upper, matrix.lower)
    is_open = np.abs(bound) >= NO_LIMIT
    if (is_open & (np.abs(reduced) > MOST_GAP * (1.0 + np.abs(matrix.cost) + size))).any():
        return np.inf
    dual = total(price, matrix.rhs) + total(reduced, np.where(is_open, answer.values, bound))
    return abs(dual - answer.objective) / (1.0 + abs(answer.objective))


def nothing(status: str, matrix: Matrix) -> Answer:
    """An answer without values."""
    nan = np.full(len(matrix.cost), np.nan)
    return Answer(status, float("nan"), nan, np.full(len(matrix.rhs), np.nan), nan, float("nan"), False)


def require_optimal(answer: Answer) -> Answer:
    """Anything that is not optimal is never presented as a plan: raises SolverStopped."""
    if answer.status != OPTIMAL:
        raise SolverStopped([why_stopped(answer)])
    return answer


def why_stopped(answer: Answer) -> str:
    """A sentence on an answer that is none."""
    return say("noplan.unverified") if answer.status == UNVERIFIED else say("noplan.stopped", status=answer.status)
