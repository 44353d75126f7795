"""Solves one matrix, again and again: cold, or going on from where a live object stands.

HiGHS is given arrays in bulk and its live object stays: what comes later changes bounds, costs and coefficients on it. CBC is a second
opinion, asked anew each time through PuLP. Whatever way was taken, an answer counts only with rows and duality gap verified on the
program's own arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import highspy
import numpy as np

from optimizer.phases import Phase, phase
from optimizer.problems import InputError, Problem, nearest
from optimizer.program.answer import INFEASIBLE, LIMIT, MOST_GAP, OPTIMAL, UNBOUNDED, UNVERIFIED, Answer, nothing, proven
from optimizer.program.basis import Basis
from optimizer.program.handing import live_object, set_coefficients
from optimizer.program.matrix import Matrix, row_bounds, total
from optimizer.program.through_pulp import has_cbc, solve_by_cbc
from optimizer.texts import say

SOLVERS = ("highs", "cbc")
LARGE = 5000
"""Columns from which on the interior point method is used for a cold solve."""
WRITTEN = 5e-8
"""What CBC rounds off a value when it writes it down, at most, relative to the value."""
SHORT = 0.1
"""The part of its limit that a restart may take where another basis may be tried after it."""


@dataclass(frozen=True)
class Place:
    """Where the decisions and rows of a matrix stand in a live HiGHS object: decision ``columns[i]`` is its column
    ``column_at[i]``, row ``j`` its row ``row_at[j]``. What else the object holds is closed or freed in every restart."""

    columns: np.ndarray
    column_at: np.ndarray
    row_at: np.ndarray

    @classmethod
    def whole(cls, matrix: Matrix) -> Place:
        """The place of a matrix in an object that holds it as it is."""
        decisions = np.arange(len(matrix.cost))
        return cls(decisions, decisions, np.arange(len(matrix.rhs)))


@dataclass
class Solver:
    """Solves one matrix, again and again. ``name`` is highs or cbc.

    ``live`` is a HiGHS object that holds the coefficients of the matrix where ``place`` says; ``limit`` is the most
    simplex steps a restart may take; ``stopped`` names how the last restart ended that a cold solve had to settle; ``phases`` is what
    the last cold solve by HiGHS took (hand_over, run, read). ``basis`` is the one kept to come back to, ``stands`` the one that ``live``
    stands at, as far as it is known.
    """

    matrix: Matrix
    name: str = "highs"
    integer_gap: float = 1e-4
    live: Any = field(default=None, repr=False)
    place: Place | None = field(default=None, repr=False)
    basis: Any = field(default=None, repr=False)
    limit: int | None = None
    stands: Any = field(default=None, repr=False)
    stopped: str = ""
    phases: dict[str, Phase] = field(default_factory=dict, repr=False)

    def solve(self) -> Answer:
        """The optimum of the matrix as it stands now; check ``status`` before reading values."""
        if self.live is not None:
            is_short = self.basis is not None and self.stands is not self.basis
            answer = self._restart(SHORT if is_short else 1.0)
            if answer.status == LIMIT and is_short:  # a bad way to go on; the kept basis may be a better one
                self.back_to_basis()
                answer = self._restart()
            if answer.status == OPTIMAL:
                return answer
            self.stopped = answer.status
            self.live = self.basis = self.stands = None  # a restart that fails is settled by a cold solve
        return self._cold()

    def keep_basis(self) -> None:
        """Remember where the live object stands now."""
        self.basis = self.stands = self.live.getBasis() if self.live is not None else None

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
        if self.live is not None and self.basis is not None and self.stands is not self.basis:
            self.live.setBasis(self.basis)  # never where it stands there: the solver would throw its factors away
            self.stands = self.basis

    # --- cold

    def _cold(self) -> Answer:
        if self.name == "cbc":
            return self._cold_by_both()
        is_large = len(self.matrix.cost) > LARGE and not self.matrix.integer.any()
        # Interior point with crossover leaves a basis too, and was 3 to 12 times faster on a county's program.
        method = {"solver": "ipm"} if is_large else {}
        with phase("hand_over", self.phases):
            self.live = live_object(self.matrix, presolve="choose", mip_rel_gap=self.integer_gap, **method)
            self.place = Place.whole(self.matrix)
            self.stands = None
        with phase("run", self.phases):
            self.live.run()
        with phase("read", self.phases):
            return self._read_proven(restarted=False)

    def _cold_by_both(self) -> Answer:
        """CBC's optimum and choices. It writes eight digits and no more, too few for a proof: values and prices are HiGHS's, from
        the same program with CBC's choices held, and both must have found the same optimum (beside choices HiGHS may find more)."""
        matrix, held = self.matrix, replace(self.matrix)
        status, values = solve_by_cbc(matrix, self.integer_gap)
        if status != OPTIMAL:
            return nothing(status, matrix)
        held.hold_choices(values)
        answer, has_choices = Solver(held).solve(), bool(matrix.integer.any())
        objective, digits = total(matrix.cost, values), WRITTEN * total(np.abs(matrix.cost), np.abs(values))
        missed = objective - answer.objective if has_choices else abs(objective - answer.objective)
        if answer.status != OPTIMAL or missed > MOST_GAP * (1.0 + abs(objective)) + digits:
            return nothing(UNVERIFIED, matrix)
        return replace(answer, gap=self.integer_gap) if has_choices else answer

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
        self.stands = None
        return self._read_proven(restarted=True)

    def _read_proven(self, restarted: bool) -> Answer:
        """The answer; where rows or the duality gap are off, that of another run on a fresh factorisation, which removes the errors
        that many steps added up."""
        answer = self._read(restarted)
        if answer.status != UNVERIFIED:
            return answer
        basis = self.live.getBasis()
        self.live.clearSolver()
        self.live.setBasis(basis)
        self.live.setOptionValue("solver", "simplex")
        self.live.run()
        return self._read(restarted)

    def _read(self, restarted: bool) -> Answer:
        matrix, place = self.matrix, self.place
        assert place is not None
        status = _highs_status(self.live, matrix)
        if status != OPTIMAL:
            return nothing(status, matrix)
        solution = self.live.getSolution()
        values, reduced = np.zeros(len(matrix.cost)), np.zeros(len(matrix.cost))
        values[place.columns] = np.asarray(solution.col_value)[place.column_at]
        reduced[place.columns] = -np.asarray(solution.col_dual)[place.column_at]
        prices = -np.asarray(solution.row_dual)[place.row_at]
        gap = float(self.live.getInfo().mip_gap)
        return proven(matrix, Answer(status, total(matrix.cost, values), values, prices, reduced, gap, restarted))


def check_solver(name: str) -> None:
    """Raise InputError unless the solver is known and installed."""
    known = [s for s in SOLVERS if s == "highs" or has_cbc()]
    if name not in known:
        raise InputError([Problem("--solver", None, "", name, say("expected.solver", known=", ".join(known)), nearest(name, known))])


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
