"""The only file that knows PuLP: a program in, status and values out, for CBC, which HiGHS's own interface does not reach."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pulp

from optimizer.program.answer import INFEASIBLE, OPTIMAL, UNBOUNDED
from optimizer.program.matrix import Matrix
from optimizer.program.rows import AT_LEAST, AT_MOST

CBC = ("PULP_CBC_CMD", "COIN_CMD")
"""CBC's names in PuLP 3, which brings it along, and in PuLP 4."""


def has_cbc() -> bool:
    """Whether CBC is installed."""
    return bool(set(CBC) & set(pulp.listSolvers(onlyAvailable=True)))


def solve_by_cbc(matrix: Matrix, integer_gap: float) -> tuple[str, np.ndarray]:
    """How CBC ends on a program, from scratch, and the values it finds, to the eight digits that it writes down."""
    problem, variables = to_pulp(matrix)
    cbc = pulp.PULP_CBC_CMD if "PULP_CBC_CMD" in pulp.listSolvers(onlyAvailable=True) else pulp.COIN_CMD
    status = _status(problem.solve(cbc(msg=False, gapRel=integer_gap)))
    return status, np.array([v.varValue or 0.0 for v in variables])


def to_pulp(matrix: Matrix) -> tuple[pulp.LpProblem, list[Any]]:
    """The matrix as a PuLP problem, a minimisation of the negated objective, and its variables in order."""
    problem = pulp.LpProblem("optimizer", pulp.LpMinimize)
    lower = [None if not np.isfinite(b) else float(b) for b in matrix.lower]
    upper = [None if not np.isfinite(b) else float(b) for b in matrix.upper]
    kinds = np.where(matrix.integer, pulp.LpInteger, pulp.LpContinuous)
    variables = [
        problem.add_variable(f"c{number}", lowBound=low, upBound=high, cat=str(kind))
        for number, (low, high, kind) in enumerate(zip(lower, upper, kinds, strict=True))
    ]
    problem += _expression([(variables[i], -float(matrix.cost[i])) for i in np.flatnonzero(matrix.cost)])
    order = np.argsort(matrix.row, kind="stable")
    bounds = np.searchsorted(matrix.row[order], np.arange(len(matrix.rhs) + 1))
    columns, coefficients = matrix.column[order].tolist(), matrix.coefficient[order].tolist()
    for number, (start, end) in enumerate(pairwise(bounds)):
        pairs = [(variables[c], v) for c, v in zip(columns[start:end], coefficients[start:end], strict=True)]
        left, right = _expression(pairs), float(matrix.rhs[number])
        sense = matrix.sense[number]
        row = left <= right if sense == AT_MOST else (left >= right if sense == AT_LEAST else left == right)
        problem += row, f"r{number}"
    return problem, variables


def _expression(pairs: list[tuple[Any, float]]) -> Any:
    if hasattr(pulp, "lpSum_vars_coefs"):  # PuLP 4
        return pulp.lpSum_vars_coefs(pairs)
    return pulp.LpAffineExpression(pairs)  # PuLP 3; lpSum(pairs) would add the coefficients as constants


def _status(outcome: Any) -> str:
    """PuLP 3 returns the code itself, PuLP 4 an object with it; the codes are the same."""
    status = getattr(outcome, "status", outcome)
    code = int(getattr(status, "value", status))
    return {1: OPTIMAL, -1: INFEASIBLE, -2: UNBOUNDED}.get(code, str(status))
