"""The only file that knows PuLP and the solvers: a program in, values and prices out.

Cold solves go through PuLP. Where HiGHS did the cold solve its live object stays, and later stages change bounds and
costs on it; other solvers start anew each time. PuLP is always given a minimisation (of the negated objective), since
the sign of duals under maximisation differs between its versions 3 and 4 and between solvers.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any

import highspy
import numpy as np
import pulp

from optimizer.problems import InputError, Problem, SolverStopped, nearest
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL
from optimizer.texts import say

OPTIMAL, INFEASIBLE, UNBOUNDED = "optimal", "infeasible", "unbounded"
SOLVERS = ("highs", "cbc")
LARGE = 5000
"""Columns from which on the interior point method is used for a cold solve."""
PULP_SENSE = {AT_MOST: pulp.LpConstraintLE, AT_LEAST: pulp.LpConstraintGE, EQUAL: pulp.LpConstraintEQ}


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

    def activity(self, values: np.ndarray) -> np.ndarray:
        """The left-hand side of every row."""
        return np.bincount(self.row, weights=self.coefficient * values[self.column], minlength=len(self.rhs))


@dataclass(frozen=True)
class Answer:
    """Values and prices of an optimum. ``row_price``: change of the objective per unit of right-hand side;
    ``reduced_cost``: change per unit of the decision. ``gap`` is the relative distance to the bound."""

    status: str
    objective: float
    values: np.ndarray
    row_price: np.ndarray
    reduced_cost: np.ndarray
    gap: float
    restarted: bool


@dataclass
class Solver:
    """Solves one matrix, again and again. ``name`` is highs or cbc."""

    matrix: Matrix
    name: str = "highs"
    integer_gap: float = 1e-4
    live: Any = field(default=None, repr=False)
    order: np.ndarray | None = field(default=None, repr=False)

    def solve(self) -> Answer:
        """The optimum of the matrix as it stands now; check ``status`` before reading values."""
        if self.live is not None:
            answer = self._restart()
            if answer.status == OPTIMAL:
                return answer
            self.live = None  # a restart that fails is settled by a cold solve
        return self._cold()

    # --- cold, through PuLP

    def _cold(self) -> Answer:
        problem, variables = to_pulp(self.matrix)
        outcome = problem.solve(_pulp_solver(self.name, self.matrix, self.integer_gap))
        status = _status(outcome)
        if self.name == "highs":
            self.live = problem.solverModel
            exported = problem.exported_variables() if hasattr(problem, "exported_variables") else problem.variables()
            self.order = np.array([int(v.name[1:]) for v in exported], dtype=np.int64)
            return self._read(restarted=False)
        if status != OPTIMAL:
            return _nothing(status, self.matrix)
        values = np.array([v.varValue or 0.0 for v in variables])
        prices, reduced = _cbc_prices(problem, self.matrix)
        return Answer(status, float(self.matrix.cost @ values), values, prices, reduced, self._cbc_gap(), False)

    def _cbc_gap(self) -> float:
        return self.integer_gap if self.matrix.integer.any() else 0.0

    # --- warm, on the live HiGHS object

    def _restart(self) -> Answer:
        matrix, order = self.matrix, self.order
        assert order is not None
        count = np.arange(len(order), dtype=np.int32)
        lower, upper = row_bounds(matrix)
        self.live.changeColsCost(len(count), count, -matrix.cost[order])
        self.live.changeColsBounds(len(count), count, matrix.lower[order], matrix.upper[order])
        rows = np.arange(len(matrix.rhs), dtype=np.int32)
        self.live.changeRowsBounds(len(rows), rows, lower, upper)
        self.live.setOptionValue("presolve", "off")
        self.live.setOptionValue("solver", "simplex")
        self.live.run()
        return self._read(restarted=True)

    def _read(self, restarted: bool) -> Answer:
        matrix, order = self.matrix, self.order
        assert order is not None
        status = _highs_status(self.live, matrix)
        if status != OPTIMAL:
            return _nothing(status, matrix)
        solution = self.live.getSolution()
        values, reduced = np.zeros(len(matrix.cost)), np.zeros(len(matrix.cost))
        values[order] = solution.col_value
        reduced[order] = -np.asarray(solution.col_dual)
        prices = -np.asarray(solution.row_dual)
        gap = float(self.live.getInfo().mip_gap) if matrix.integer.any() else 0.0
        objective = float(matrix.cost @ values)
        answer = Answer(status, objective, values, prices, reduced, gap, restarted)
        if restarted and not verified(matrix, answer):
            return _nothing("unverified", matrix)
        return answer


def verified(matrix: Matrix, answer: Answer, tolerance: float = 1e-7) -> bool:
    """Whether an answer is feasible and, for linear programs, its duality gap is at most ``tolerance`` (relative)."""
    scale = 1.0 + np.abs(matrix.rhs)
    left = matrix.activity(answer.values)
    over = np.where(matrix.sense != AT_LEAST, left - matrix.rhs, 0.0)
    under = np.where(matrix.sense != AT_MOST, matrix.rhs - left, 0.0)
    if (np.maximum(over, under) / scale).max(initial=0.0) > 1e-6:
        return False
    return bool(matrix.integer.any()) or duality_gap(matrix, answer) <= tolerance


def duality_gap(matrix: Matrix, answer: Answer) -> float:
    """|primal − dual objective| relative to 1 + |primal|. Dual: Σ price·rhs + Σ reduced cost · the bound it rests on."""
    reduced = matrix.cost - np.bincount(
        matrix.column, weights=matrix.coefficient * answer.row_price[matrix.row], minlength=len(matrix.cost)
    )
    bound = np.where(reduced > 0, matrix.upper, matrix.lower)
    resting = np.where(np.isfinite(bound), bound, answer.values)  # an infinite bound needs a zero reduced cost
    dual = float(answer.row_price @ matrix.rhs + reduced @ resting)
    return abs(dual - answer.objective) / (1.0 + abs(answer.objective))


def row_bounds(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound of every row."""
    return (
        np.where(matrix.sense == AT_MOST, -np.inf, matrix.rhs),
        np.where(matrix.sense == AT_LEAST, np.inf, matrix.rhs),
    )


def to_pulp(
    matrix: Matrix, column_names: Sequence[str] = (), row_names: Sequence[str] = (), maximise: bool = False
) -> tuple[pulp.LpProblem, list[Any]]:
    """The matrix as a PuLP problem: a minimisation of the negated objective unless ``maximise``."""
    problem = pulp.LpProblem("optimizer", pulp.LpMaximize if maximise else pulp.LpMinimize)
    names = column_names or [f"c{i}" for i in range(len(matrix.cost))]
    lower = [None if not np.isfinite(b) else float(b) for b in matrix.lower]
    upper = [None if not np.isfinite(b) else float(b) for b in matrix.upper]
    kinds = np.where(matrix.integer, pulp.LpInteger, pulp.LpContinuous)
    variables = [
        problem.add_variable(n, lowBound=low, upBound=high, cat=str(kind))
        for n, low, high, kind in zip(names, lower, upper, kinds, strict=True)
    ]
    cost = matrix.cost if maximise else -matrix.cost
    problem += _expression([(variables[i], float(cost[i])) for i in np.flatnonzero(cost)])
    order = np.argsort(matrix.row, kind="stable")
    bounds = np.searchsorted(matrix.row[order], np.arange(len(matrix.rhs) + 1))
    columns, coefficients = matrix.column[order].tolist(), matrix.coefficient[order].tolist()
    for number, (start, end) in enumerate(pairwise(bounds)):
        pairs = [(variables[c], v) for c, v in zip(columns[start:end], coefficients[start:end], strict=True)]
        left, right = _expression(pairs), float(matrix.rhs[number])
        sense = matrix.sense[number]
        row = left <= right if sense == AT_MOST else (left >= right if sense == AT_LEAST else left == right)
        problem += row, row_names[number] if row_names else f"r{number}"
    return problem, variables


def _expression(pairs: list[tuple[Any, float]]) -> Any:
    if hasattr(pulp, "lpSum_vars_coefs"):  # PuLP 4
        return pulp.lpSum_vars_coefs(pairs)
    return pulp.LpAffineExpression(pairs)  # PuLP 3; lpSum(pairs) would add the coefficients as constants


GREETING = Lock()


def _greet_nobody() -> None:
    """HiGHS prints its name when the first object of a process is made, whatever its options say; here to nobody."""
    with GREETING:
        _first_of_process()


@cache
def _first_of_process() -> None:
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        kept = os.dup(1)
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            try:
                highspy.Highs()
            finally:
                os.dup2(kept, 1)
                os.close(kept)


def _pulp_solver(name: str, matrix: Matrix, gap: float) -> Any:
    if name == "highs":
        _greet_nobody()
        # Interior point with crossover leaves a basis too, and was 3 to 12 times faster on a county's program.
        large = len(matrix.cost) > LARGE and not matrix.integer.any()
        method = {"solver": "ipm"} if large else {}
        return pulp.HiGHS(msg=False, gapRel=gap, threads=1, output_flag=False, **method)
    cbc = pulp.PULP_CBC_CMD if "PULP_CBC_CMD" in pulp.listSolvers(onlyAvailable=True) else pulp.COIN_CMD
    return cbc(msg=False, gapRel=gap)


def check_solver(name: str) -> None:
    """Raise InputError unless the solver is known and installed."""
    installed = set(pulp.listSolvers(onlyAvailable=True))
    known = [s for s in SOLVERS if s == "highs" or installed & {"PULP_CBC_CMD", "COIN_CMD"}]
    if name not in known:
        raise InputError([Problem("--solver", None, "", name, say("expected.solver", known=", ".join(known)), nearest(name, known))])


def _status(outcome: Any) -> str:
    """PuLP 3 returns the code itself, PuLP 4 an object with it; the codes are the same."""
    status = getattr(outcome, "status", outcome)
    code = int(getattr(status, "value", status))
    return {1: OPTIMAL, -1: INFEASIBLE, -2: UNBOUNDED}.get(code, str(status))


def _highs_status(live: Any, matrix: Matrix) -> str:
    kinds = highspy.HighsModelStatus
    status = live.getModelStatus()
    if status == kinds.kUnboundedOrInfeasible:
        live.setOptionValue("presolve", "off")
        live.run()
        status = live.getModelStatus()
    known = {kinds.kOptimal: OPTIMAL, kinds.kInfeasible: INFEASIBLE, kinds.kUnbounded: UNBOUNDED}
    if status == kinds.kModelEmpty or not len(matrix.cost):
        return OPTIMAL
    return known.get(status, live.modelStatusToString(status))


def _cbc_prices(problem: Any, matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Prices and reduced costs of CBC in our sign: PuLP was given a minimisation, of which they are the negatives."""
    constraints = problem.constraints() if callable(problem.constraints) else list(problem.constraints.values())
    prices = -np.array([c.pi or 0.0 for c in constraints])
    priced = np.bincount(matrix.column, weights=matrix.coefficient * prices[matrix.row], minlength=len(matrix.cost))
    return prices, matrix.cost - priced


def _nothing(status: str, matrix: Matrix) -> Answer:
    nan = np.full(len(matrix.cost), np.nan)
    return Answer(status, float("nan"), nan, np.full(len(matrix.rhs), np.nan), nan, float("nan"), False)


def require_optimal(answer: Answer) -> Answer:
    """Anything that is not optimal is never presented as a plan: raises SolverStopped."""
    if answer.status != OPTIMAL:
        raise SolverStopped([say("noplan.stopped", status=answer.status)])
    return answer
