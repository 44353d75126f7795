"""The only file that knows PuLP: a program in, values and prices out.

Cold solves go through PuLP. Where HiGHS did the cold solve its live object stays, and what comes later changes bounds, costs
and coefficients on it; other solvers start anew each time. PuLP is always given a minimisation (of the negated objective), since
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
from optimizer.program.basis import Basis
from optimizer.program.rows import AT_LEAST, AT_MOST
from optimizer.texts import say

OPTIMAL, INFEASIBLE, UNBOUNDED, LIMIT, UNVERIFIED = "optimal", "infeasible", "unbounded", "limit", "unverified"
SOLVERS = ("highs", "cbc")
LARGE = 5000
"""Columns from which on the interior point method is used for a cold solve."""
SHORT = 0.1
"""The part of its limit that a restart may take where another basis may be tried after it."""
NOISE = 1e-12
"""What the sum of a row's terms may be off by, relative to the sum of their sizes."""
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

    def activity(self, values: np.ndarray) -> np.ndarray:
        """The left-hand side of every row."""
        return np.bincount(self.row, weights=self.coefficient * values[self.column], minlength=len(self.rhs))


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


@dataclass(frozen=True)
class Place:
    """Where the decisions and rows of a matrix stand in a live HiGHS object: decision ``columns[i]`` is its column
    ``column_at[i]``, row ``j`` its row ``row_at[j]``. What else the object holds is closed or freed in every restart."""

    columns: np.ndarray
    column_at: np.ndarray
    row_at: np.ndarray


@dataclass
class Solver:
    """Solves one matrix, again and again. ``name`` is highs or cbc.

    ``live`` is a HiGHS object that holds the coefficients of the matrix where ``place`` says; ``limit`` is the most
    simplex steps a restart may take; ``stopped`` names how the last restart ended that a cold solve had to settle.
    """

    matrix: Matrix
    name: str = "highs"
    integer_gap: float = 1e-4
    live: Any = field(default=None, repr=False)
    place: Place | None = field(default=None, repr=False)
    basis: Any = field(default=None, repr=False)
    limit: int | None = None
    stopped: str = ""
    is_at_basis: bool = False

    def solve(self) -> Answer:
        """The optimum of the matrix as it stands now; check ``status`` before reading values."""
        if self.live is not None:
            is_short = not self.is_at_basis and self.basis is not None
            answer = self._restart(SHORT if is_short else 1.0)
            if answer.status == LIMIT and is_short:  # a bad way to go on; the kept basis may be a better one
                self.back_to_basis()
                answer = self._restart()
            if answer.status == OPTIMAL:
                return answer
            self.stopped = answer.status
            self.live = self.basis = None  # a restart that fails is settled by a cold solve
        return self._cold()

    def keep_basis(self) -> None:
        """Remember where the live object stands now."""
        self.basis = self.live.getBasis() if self.live is not None else None

    def standing(self) -> Basis | None:
        """Where the live object stands now, in the order of the matrix; None where there is none."""
        if self.live is None or self.place is None:
            return None
        return Basis.of(self.live).placed(self.place.columns, self.place.column_at, self.place.row_at)

    def become(self, matrix: Matrix) -> None:
        """Take another matrix with the same decisions, rows and places of terms; what differs of its coefficients is changed
        on the live object."""
        old, place = self.matrix, self.place
        same_places = np.array_equal(old.row, matrix.row) and np.array_equal(old.column, matrix.column)
        if self.live is not None and place is not None and same_places:  # else nothing of it moved, but for terms that are 0
            at = np.empty(len(place.columns), dtype=np.int64)
            at[place.columns] = place.column_at
            moved = np.flatnonzero(old.coefficient != matrix.coefficient)
            rows, columns = place.row_at[matrix.row[moved]], at[matrix.column[moved]]
            set_coefficients(self.live, rows, columns, matrix.coefficient[moved])
        self.matrix = matrix

    def back_to_basis(self) -> None:
        """Let the next restart begin where ``keep_basis`` was called last, whatever came after it."""
        if self.live is not None and self.basis is not None:
            self.live.setBasis(self.basis)
            self.is_at_basis = True

    # --- cold, through PuLP

    def _cold(self) -> Answer:
        problem, variables = to_pulp(self.matrix)
        outcome = problem.solve(_pulp_solver(self.name, self.matrix, self.integer_gap))
        status = _status(outcome)
        if self.name == "highs":
            self.live = problem.solverModel
            exported = problem.exported_variables() if hasattr(problem, "exported_variables") else problem.variables()
            order = np.array([int(v.name[1:]) for v in exported], dtype=np.int64)
            self.place = Place(order, np.arange(len(order)), np.arange(len(self.matrix.rhs)))
            return self._read(restarted=False)
        if status != OPTIMAL:
            return _nothing(status, self.matrix)
        values = np.array([v.varValue or 0.0 for v in variables])
        prices, reduced = _cbc_prices(problem, self.matrix)
        return Answer(status, total(self.matrix.cost, values), values, prices, reduced, self._cbc_gap(), False)

    def _cbc_gap(self) -> float:
        return self.integer_gap if self.matrix.integer.any() else 0.0

    # --- warm, on the live HiGHS object

    def _restart(self, part_of_limit: float = 1.0) -> Answer:
        matrix, place, live = self.matrix, self.place, self.live
        assert place is not None
        cost, lower, upper = (np.zeros(live.getNumCol()) for _ in range(3))
        for held, wanted in ((cost, -matrix.cost), (lower, matrix.lower), (upper, matrix.upper)):
            held[place.column_at] = wanted[place.columns]
        least, most = np.full(live.getNumRow(), -np.inf), np.full(live.getNumRow(), np.inf)
        least[place.row_at], most[place.row_at] = row_bounds(matrix)
        columns, rows = (np.arange(len(of), dtype=np.int32) for of in (cost, least))
        live.changeColsCost(len(columns), columns, cost)
        live.changeColsBounds(len(columns), columns, lower, upper)
        live.changeRowsBounds(len(rows), rows, least, most)
        live.setOptionValue("presolve", "off")
        live.setOptionValue("solver", "simplex")
        live.setOptionValue("simplex_strategy", 0)  # primal where only costs changed: a hundredth of the dual's steps
        if self.limit is not None:
            live.setOptionValue("simplex_iteration_limit", int(self.limit * part_of_limit))
        live.run()
        self.is_at_basis = False
        answer = self._read(restarted=True)
        if answer.status == UNVERIFIED:  # errors that many steps added up go with a fresh factorisation
            basis = live.getBasis()
            live.clearSolver()
            live.setBasis(basis)
            live.run()
            answer = self._read(restarted=True)
        return answer

    def _read(self, restarted: bool) -> Answer:
        matrix, place = self.matrix, self.place
        assert place is not None
        status = _highs_status(self.live, matrix)
        if status != OPTIMAL:
            return _nothing(status, matrix)
        solution = self.live.getSolution()
        values, reduced = np.zeros(len(matrix.cost)), np.zeros(len(matrix.cost))
        values[place.columns] = np.asarray(solution.col_value)[place.column_at]
        reduced[place.columns] = -np.asarray(solution.col_dual)[place.column_at]
        prices = -np.asarray(solution.row_dual)[place.row_at]
        gap = float(self.live.getInfo().mip_gap) if matrix.integer.any() else 0.0
        objective = total(matrix.cost, values)
        answer = Answer(status, objective, values, prices, reduced, gap, restarted)
        if restarted and not verified(matrix, answer):
            return _nothing(UNVERIFIED, matrix)
        return answer


def set_coefficients(live: Any, rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> None:
    """Change coefficients of a live HiGHS object, by its own numbers of rows and columns."""
    for row, column, value in zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True):
        live.changeCoeff(row, column, value)


def total(one: np.ndarray, other: np.ndarray) -> float:
    """Σ one · other. Not by ``@``, whose threads wait for each other longer than they work where cores are shared."""
    return float((one * other).sum())


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


def greet_nobody() -> None:
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
        greet_nobody()
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
    known = {kinds.kOptimal: OPTIMAL, kinds.kInfeasible: INFEASIBLE, kinds.kUnbounded: UNBOUNDED, kinds.kIterationLimit: LIMIT}
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
