"""What one unit more and one unit less of every right-hand side would change, how far that holds, and what binds then.

The best objective as a function of one right-hand side is concave and goes in straight pieces (for a maximisation; Gal 1995,
Postoptimal Analyses). Where a piece begins or ends at the figure as it stands, one more and one less differ, and the prices of
a single basis are right for one side at most (Jansen, de Jong, Roos & Terlaky 1997). So a price is taken for a side only from
a basis that stays optimal for a true step to that side, whose end is the range it holds for:

1. the basis of the plan gives most of the sides at once;
2. moving all right-hand sides that are still open a little, together, leads to another basis, which gives most of the others;
3. each side that is open after that is moved by itself.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np

from optimizer.problems import SolverStopped
from optimizer.program.basis import BASIC, Basis
from optimizer.program.handing import live_object
from optimizer.program.matrix import NO_LIMIT, Matrix, row_bounds
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL
from optimizer.program.solver import LARGE
from optimizer.program.valuing import INFEASIBLE, OPTIMAL
from optimizer.texts import say

LIMIT = highspy.HighsModelStatus.kIterationLimit
MORE, LESS = 1.0, -1.0

STEP = 1e-6
"""What a step must exceed (relative above 1) to be one, and what a row must be missed by to be loose: below it, solvers differ."""

MOVE = 1e-4
"""How far right-hand sides are moved (relative above 1) to come to the next basis."""

SHORTER = 10.0
"""How much a step is shortened where there is no plan."""

FEW = 100
"""So many rows are sooner moved one by one than together."""

DEAR = 1e3
"""How much dearer than anything in the program it is to miss a row, where rows are moved together that may have no plan."""

NOTHING, NO_PLAN, UNKNOWN = -1, -2, -3
"""In place of what binds next: nothing ever does; there is no plan beyond; it was not worked out."""

MOST_STEPS = 2000
"""Simplex steps that one side may take each time it is moved."""

MOST_ALONE = 400
"""So many sides are moved one by one at most, those with the greatest prices first. Where very much is closed, as where lanes are shut,
there can be thousands; the others keep the price of the plan's basis, which then holds for no step."""

FEASIBLE = 1e-9
"""What a decision may be beyond its bound for the numbers' sake."""

HAIR = 1e-5
"""A piece that begins so near (relative above 1) to where a row stands begins there: where much moves for little, the last digits
of a solver hide the rest."""

MOVES = 1e-9
"""Slower than this per unit, a decision stands still."""

PARTS = 2
"""Sides that are left over are moved one by one on so many solver objects at once."""


@dataclass(frozen=True)
class Edge:
    """One side of every row: the change of the objective (as it is maximised) per unit of right-hand side on that ``side``, NaN
    where there is no plan; the right-hand side ``until`` which that holds; what binds beyond it (``next``): decision j as j, row
    i as decisions + i. ``prices`` holds, by row, the prices of all rows that go with its value, where they were asked for."""

    side: float
    value: np.ndarray
    until: np.ndarray
    next: np.ndarray
    prices: dict[int, np.ndarray]


@dataclass(frozen=True)
class Marginal:
    """What one unit ``more`` and one unit ``less`` on the right-hand side of every row is worth."""

    more: Edge
    less: Edge


def marginal(matrix: Matrix, basis: Basis | None = None) -> Marginal:
    """The marginal values of all rows of a linear program; integer decisions must be held. ``basis`` is one of an optimum, if
    known. Raises SolverStopped where the program has no optimum."""
    live = live_at(matrix, basis)
    sides = [_Side(matrix, sign, np.ones(len(matrix.rhs), dtype=bool)) for sign in (MORE, LESS)]
    activity, prices = matrix.activity(np.asarray(live.getSolution().col_value)), -np.asarray(live.getSolution().row_dual)
    for side in sides:
        side.take_loose(activity)
    _take(sides, live)
    for side in sides:
        if side.open.sum() > FEW:
            _take(sides, _moved_together(matrix, live, side))
    left = [(side, int(row)) for side in sides for row in np.flatnonzero(side.open)]
    left.sort(key=lambda pair: -abs(prices[pair[1]]))
    unknown = [*left[MOST_ALONE:], *_one_by_one(matrix, Basis.of(live), left[:MOST_ALONE])]
    for side, row in unknown:
        side.settle(row, float(prices[row]), float(matrix.rhs[row]), UNKNOWN, prices)
    more, less = (side.edge() for side in sides)
    return Marginal(more, less)


def edge_at(matrix: Matrix, basis: Basis | None, rows: np.ndarray, rhs: np.ndarray, side: float) -> Edge:
    """One ``side`` of some ``rows``, each as if its right-hand side alone were moved to ``rhs``, with the prices of all rows that
    go with its value. Raises SolverStopped."""
    moved = matrix.rhs.copy()
    moved[rows] = rhs
    found = _Side(replace(matrix, rhs=moved), side, np.isin(np.arange(len(moved)), rows), keeps_prices=True)
    if len(rows):
        _one_by_one(matrix, Basis.of(live_at(matrix, basis)), [(found, int(row)) for row in rows])
    return found.edge()


class _Side:
    """One side of right-hand sides: what is known of it so far, and which rows are ``open``, those that are ``wanted`` at first."""

    def __init__(self, matrix: Matrix, sign: float, wanted: np.ndarray, keeps_prices: bool = False) -> None:
        self.matrix, self.sign, self.keeps_prices = matrix, sign, keeps_prices
        self.open = wanted
        self.value = np.full(len(matrix.rhs), np.nan)
        self.until = matrix.rhs.astype(float)
        self.next = np.full(len(matrix.rhs), NO_PLAN)
        self.prices: dict[int, np.ndarray] = {}
        self.least_step = STEP * (1.0 + np.abs(matrix.rhs))

    def take_loose(self, activity: np.ndarray) -> None:
        """Rows that limit nothing: a little more or less changes nothing, until they touch what the plan does."""
        away = self.matrix.rhs - activity
        loose = (self.matrix.sense != EQUAL) & (np.abs(away) > self.least_step)
        tightens = loose & (np.sign(away) == -self.sign)
        own = len(self.matrix.cost) + np.arange(len(away))
        self._keep(
            loose & self.open, np.zeros(len(away)), np.where(tightens, activity, self.sign * np.inf), np.where(tightens, own, NOTHING)
        )

    def take(self, prices: np.ndarray, ends: np.ndarray, out: np.ndarray, is_basic: np.ndarray, is_true: np.ndarray) -> None:
        """What a basis says: true ``prices`` where its rows can move to ``ends`` without a change of basis. A basic row that is
        loosened has no price, however far."""
        loosens = self.open & is_basic & (self.matrix.sense == (AT_MOST if self.sign > 0 else AT_LEAST))
        steps = self.open & is_true & ~is_basic & (self.sign * (ends - self.matrix.rhs) > self.least_step)
        endless = np.abs(ends) >= NO_LIMIT
        forever = np.full(len(ends), self.sign * np.inf)
        self._keep(loosens, np.zeros(len(ends)), forever, np.full(len(ends), NOTHING))
        self._keep(steps, prices, np.where(endless, forever, ends), np.where(endless, NOTHING, out))

    def settle(self, row: int, value: float, until: float, out: int, prices: np.ndarray) -> None:
        """What was found for one row."""
        self.value[row], self.until[row], self.next[row], self.open[row] = value, until, out, False
        if self.keeps_prices:
            self.prices[row] = prices

    def edge(self) -> Edge:
        """What is known in the end."""
        return Edge(self.sign, self.value, self.until, self.next, self.prices)

    def _keep(self, which: np.ndarray, value: np.ndarray, until: np.ndarray, out: np.ndarray) -> None:
        for held, new in ((self.value, value), (self.until, until), (self.next, out)):
            held[which] = new[which]
        self.open &= ~which


def live_at(matrix: Matrix, basis: Basis | None) -> Any:
    """A live object at an optimum of the matrix. Raises SolverStopped."""
    live = live_object(matrix)
    if (basis is None or live.setBasis(basis.to_highs()) != highspy.HighsStatus.kOk) and len(matrix.cost) > LARGE:
        live.setOptionValue("solver", "ipm")
        live.setOptionValue("presolve", "on")
    live.run()
    if live.getModelStatus() != OPTIMAL and len(matrix.cost):
        raise SolverStopped([say("noplan.stopped", status=live.modelStatusToString(live.getModelStatus()))])
    live.setOptionValue("solver", "simplex")
    live.setOptionValue("presolve", "off")
    return live


def _take(sides: list[_Side], live: Any) -> None:
    """Let both sides take what the basis of a live object says; prices made of what it costs to miss a row are not true."""
    _, ranges = live.getRanging()
    if not ranges.valid:
        return
    prices = -np.asarray(live.getSolution().row_dual)
    count, further = len(sides[0].matrix.cost), live.getNumCol()
    missed = (np.asarray(live.getBasicVariables()[1]) >= count).astype(float)
    is_true = np.abs(live.getBasisTransposeSolve(missed)[1]) < MOVES if missed.any() else np.ones(len(prices), dtype=bool)
    is_basic = Basis.of(live).rows == BASIC
    for side in sides:
        at = ranges.row_bound_up if side.sign > 0 else ranges.row_bound_dn
        out = np.asarray(at.ou_var_)
        side.take(prices, np.asarray(at.value_), np.where(out >= further, out - further + count, out), is_basic, is_true)


def _moved_together(matrix: Matrix, live: Any, side: _Side) -> Any:
    """An object on a basis that is optimal both where all open rows of a side are moved a little and where they stand, if the
    step was short enough. Rows move by different amounts, so that no two of them stand for each other. Where they have no plan
    together, each may be missed, at a price beyond all others."""
    size = MOVE * (1.0 + np.abs(matrix.rhs)) * (1.0 + np.random.RandomState(0).random_sample(len(matrix.rhs)))
    move = np.where(side.open, side.sign * size, 0.0)
    if not _is_there_and_back(live, matrix, move):
        rows = np.flatnonzero(side.open & (matrix.sense != (AT_LEAST if side.sign < 0 else AT_MOST)))
        dear = DEAR * (1.0 + float(np.abs(matrix.cost).max(initial=0.0)))
        basis = Basis.of(live).widened(decisions=len(rows))
        live = live_object(matrix.widened(np.full(len(rows), -dear), rows, np.arange(len(rows)), np.full(len(rows), side.sign)))
        live.setBasis(basis.to_highs())
        _is_there_and_back(live, matrix, move)
    return live


def _is_there_and_back(live: Any, matrix: Matrix, move: np.ndarray) -> bool:
    """Move the rows and back; whether there was a plan where they were."""
    rows = np.arange(len(move), dtype=np.int32)
    least, most = row_bounds(matrix)
    found = []
    for moved in (move, 0.0 * move):
        live.changeRowsBounds(len(rows), rows, least + moved, most + moved)
        live.run()
        found.append(live.getModelStatus() == OPTIMAL)
    return all(found)


def _one_by_one(matrix: Matrix, basis: Basis, left: list[tuple[_Side, int]]) -> list[tuple[_Side, int]]:
    """Settle sides of rows by moving each alone, on a few objects at once (the solver leaves Python free). Those that could not be."""
    parts = [part for number in range(PARTS) if (part := left[number::PARTS])]
    with ThreadPoolExecutor(max_workers=PARTS) as threads:
        return [pair for astray in threads.map(lambda part: _settle(matrix, basis, part), parts) for pair in astray]


def _settle(matrix: Matrix, basis: Basis, left: list[tuple[_Side, int]]) -> list[tuple[_Side, int]]:
    """Each of some sides, moved alone. The object goes on from where the last one left it; where that leads nowhere, once more
    from the basis, as steps one after another can end in numbers that are of no use. Those where that led nowhere either."""
    live, stands = live_object(matrix), basis.to_highs()
    live.setOptionValue("simplex_iteration_limit", MOST_STEPS)
    live.setOptionValue("dual_simplex_cost_perturbation_multiplier", 0.0)  # one row moves: disturbed costs took ten times the steps
    live.setBasis(stands)
    astray = []
    for side, row in left:
        if _is_astray(live, matrix, side, row):
            live.clearSolver()
            live.setBasis(stands)
            if _is_astray(live, matrix, side, row):
                astray.append((side, row))
    return astray


def _is_astray(live: Any, matrix: Matrix, side: _Side, row: int) -> bool:
    """Move a row by less and less, until its piece reaches back, and say whether none did though there was a plan."""
    rhs, stands, sense = float(side.matrix.rhs[row]), float(matrix.rhs[row]), matrix.sense[row]
    move, has_plan, has_end = side.sign * MOVE * (1.0 + abs(rhs)), False, False
    while side.open[row] and abs(move) > side.least_step[row]:
        live.changeRowBounds(row, -np.inf if sense == AT_MOST else rhs + move, np.inf if sense == AT_LEAST else rhs + move)
        live.run()
        status = live.getModelStatus()
        if status == OPTIMAL and has_end and _is_there_by_tolerance(live, matrix, side, row, move):
            status = INFEASIBLE
        has_plan |= status != INFEASIBLE
        has_end |= status == INFEASIBLE
        if status == LIMIT:
            break
        begins = _read(live, matrix, side, row, move) if status == OPTIMAL else 2.0 * abs(move) / SHORTER  # less may have a plan
        move = side.sign * min(begins / 2.0, abs(move) / 2.0)
    live.changeRowBounds(row, -np.inf if sense == AT_MOST else stands, np.inf if sense == AT_LEAST else stands)
    return has_plan and bool(side.open[row])


def _read(live: Any, matrix: Matrix, side: _Side, row: int, move: float) -> float:
    """Take the price of a row that was moved, if its straight piece reaches back to where the row stands; else how far from
    there it begins."""
    solution, rhs = live.getSolution(), float(side.matrix.rhs[row])
    prices = -np.asarray(solution.row_dual)
    if _is_basic(live, row):  # it moved away from what the plan does
        beyond = side.sign * (float(solution.row_value[row]) - rhs)
        if beyond > side.least_step[row]:
            return beyond
        side.settle(row, 0.0, side.sign * np.inf, NOTHING, prices)
        return 0.0
    pace = _pace(live, matrix, row)
    begins = abs(move) - pace.room(-side.sign)[0]
    if begins > HAIR * (1.0 + abs(rhs)):
        return begins
    on, out = pace.room(side.sign)
    side.settle(row, float(prices[row]), rhs + move + side.sign * on, out, prices)
    return 0.0


def _is_there_by_tolerance(live: Any, matrix: Matrix, side: _Side, row: int, move: float) -> bool:
    """Whether a row that was moved has a plan only because the solver lets decisions be beyond their bounds by a little: reckoned
    to the last digit, its straight piece ends before a true step."""
    return not _is_basic(live, row) and abs(move) + _pace(live, matrix, row).room(side.sign, -np.inf)[0] <= side.least_step[row]


def _is_basic(live: Any, row: int) -> bool:
    return bool((np.asarray(live.getBasicVariables()[1]) == -1 - row).any())


@dataclass(frozen=True)
class _Pace:
    """How the basic decisions and rows move per unit of a right-hand side: their numbers (rows after the decisions), where they
    stand, between what, and how fast."""

    number: np.ndarray
    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    speed: np.ndarray

    def room(self, sign: float, least: float = 0.0) -> tuple[float, int]:
        """How far a step can go until a basic decision or row meets its bound, and which does (NOTHING where none ever does). Where it
        is beyond its bound already, ``least``: how far back it must go if that is below 0."""
        speed = sign * self.speed
        bound = np.where(speed > 0, self.upper, self.lower)
        room = np.maximum((bound - self.value + np.sign(speed) * FEASIBLE) / speed, least)
        if not len(room) or np.isinf(room.min()):
            return np.inf, NOTHING
        first = int(np.argmin(room))
        return float(room[first]), int(self.number[first])


def _pace(live: Any, matrix: Matrix, row: int) -> _Pace:
    """By the row's column of the basis' inverse, in which the logical of a row stands against its activity."""
    solution, inverse = live.getSolution(), np.asarray(live.getBasisInverseCol(row)[1])
    basic = np.asarray(live.getBasicVariables()[1])
    moving = np.flatnonzero(np.abs(inverse) > MOVES)
    basic, speed = basic[moving], inverse[moving]
    is_row, count = basic < 0, len(solution.col_value)
    number = np.where(is_row, count - 1 - basic, basic)
    stands = np.concatenate([solution.col_value, solution.row_value])[number]
    at = np.where(is_row, -1 - basic, 0)
    least = np.where(matrix.sense[at] == AT_MOST, -np.inf, matrix.rhs[at])
    most = np.where(matrix.sense[at] == AT_LEAST, np.inf, matrix.rhs[at])
    column = np.where(is_row, 0, basic)
    lower, upper = np.where(is_row, least, matrix.lower[column]), np.where(is_row, most, matrix.upper[column])
    return _Pace(number, stands, lower, upper, np.where(is_row, -speed, speed))
