"""What a first stage is worth in one scenario, and what a little more of each decision would add: a live HiGHS object each.

Many objects are alive at once, and only the bounds of the first stage ever change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import highspy
import numpy as np

from optimizer.problems import SolverStopped
from optimizer.program.handing import live_object
from optimizer.program.matrix import Matrix
from optimizer.program.rows import AT_LEAST, AT_MOST
from optimizer.texts import say

OPTIMAL, INFEASIBLE = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible

TINY = 1e-9
"""Slopes and prices below this are what solvers leave of zero."""


@dataclass(frozen=True)
class Value:
    """A first stage in one scenario: ``value`` of the objective with the best recourse, and ``slope``, the change per unit of
    each first-stage decision. Where no recourse exists, ``value`` is None and slope · first stage must be at least ``least``."""

    value: float | None
    slope: np.ndarray
    least: float = 0.0


@dataclass(frozen=True)
class Recourse:
    """One scenario's program on a live object, and the numbers of its first-stage decisions in it."""

    matrix: Matrix
    first: np.ndarray
    live: Any

    def at(self, decided: np.ndarray) -> Value:
        """The value of the first stage ``decided``."""
        self.live.changeColsBounds(len(self.first), self.first.astype(np.int32), decided, decided)
        if self._status() == INFEASIBLE:
            return self._impossible(decided)
        slope = -np.asarray(self.live.getSolution().col_dual)[self.first]
        return Value(-self.live.getInfo().objective_function_value, np.where(np.abs(slope) > TINY, slope, 0.0))

    def start_as(self, other: Recourse) -> None:
        """Let the next solve begin where another scenario stands."""
        self.live.setBasis(other.live.getBasis())

    def values(self) -> np.ndarray:
        """The decisions of the scenario as they stand now."""
        return np.asarray(self.live.getSolution().col_value)

    def free(self) -> float | None:
        """The objective if the first stage could be chosen for this scenario alone; None if it has no plan."""
        lower, upper = self.matrix.lower[self.first], self.matrix.upper[self.first]
        self.live.changeColsBounds(len(self.first), self.first.astype(np.int32), lower, upper)
        if self._status() == INFEASIBLE:
            return None
        return float(-self.live.getInfo().objective_function_value)

    def _status(self) -> Any:
        """How a run ends, optimal or infeasible; once more from scratch where it ends otherwise. Raises SolverStopped."""
        for _ in range(2):
            self.live.run()
            status = self.live.getModelStatus()
            if status in (OPTIMAL, INFEASIBLE):
                return status
            self.live.clearSolver()
        raise SolverStopped([say("noplan.stopped", status=str(status))])

    def _impossible(self, decided: np.ndarray) -> Value:
        """What the first stage must keep so that this conflict goes away: by how much the rows are missed in sum is convex in the
        first stage, so that its slope at ``decided`` says what it is at least anywhere."""
        basis = self.live.getBasis()
        further = len(self.softened.matrix.cost) - len(self.matrix.cost)
        basis.col_status = [*basis.col_status, *[highspy.HighsBasisStatus.kLower] * further]
        self.softened.live.setBasis(basis)
        missed = self.softened.at(decided)
        assert missed.value is not None, "what may be missed always can be"
        return Value(None, missed.slope, float(missed.slope @ decided) - missed.value)

    @cached_property
    def softened(self) -> Recourse:
        """The same program with every row soft, worth minus the sum of what is missed."""
        sense, rows = self.matrix.sense, np.arange(len(self.matrix.rhs))
        short, over = rows[sense != AT_MOST], rows[sense != AT_LEAST]
        row = np.concatenate([short, over])
        free = replace(self.matrix, cost=np.zeros(len(self.matrix.cost)))
        signs = np.concatenate([np.ones(len(short)), np.full(len(over), -1.0)])
        soft = free.widened(np.full(len(row), -1.0), row, np.arange(len(row)), signs)
        return Recourse(soft, self.first, live_object(soft))


def add_cut(live: Any, slope: np.ndarray, least: float, value: int | None = None) -> None:
    """A further row of a live program:  slope · first stage (− the decision numbered ``value``) ≥ least."""
    used = np.flatnonzero(slope)
    columns, coefficients = (used, slope[used]) if value is None else (np.append(used, value), np.append(slope[used], -1.0))
    live.addRow(least, np.inf, len(columns), columns.astype(np.int32), coefficients)


def optimum(live: Any, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, float]:
    """The first decisions of a live program within bounds, and its objective; none and −∞ where nothing keeps its rows, any and ∞
    where it has no bound yet. Raises SolverStopped."""
    live.changeColsBounds(len(lower), np.arange(len(lower), dtype=np.int32), lower, upper)
    live.run()
    if live.getModelStatus() != OPTIMAL:  # many cuts can make a bad basis
        live.clearSolver()
        live.run()
    status = live.getModelStatus()
    if status == INFEASIBLE:
        return np.zeros(0), float("-inf")
    if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return _anywhere(live, lower, upper), float("inf")
    if status != OPTIMAL:
        raise SolverStopped([say("noplan.stopped", status=str(status))])
    decided = np.asarray(live.getSolution().col_value)[: len(lower)]
    return np.clip(decided, lower, upper), float(-live.getInfo().objective_function_value)


def _anywhere(live: Any, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Any first decisions that keep the rows of a live program, whatever they are worth; none if nothing does."""
    count = live.getNumCol()
    columns, cost = np.arange(count, dtype=np.int32), np.asarray(live.getLp().col_cost_).copy()
    live.changeColsCost(count, columns, np.zeros(count))
    live.run()
    is_found = live.getModelStatus() == OPTIMAL
    decided = np.asarray(live.getSolution().col_value)[: len(lower)]
    live.changeColsCost(count, columns, cost)
    return np.clip(decided, lower, upper) if is_found else np.zeros(0)


def forget_rows(live: Any, kept: int, idle: np.ndarray, most: int) -> np.ndarray:
    """Take rows out that have had no price for more than ``most`` looks, but for the first ``kept``; returns for each row left
    for how many looks on end it has had none. ``idle`` is what an earlier call returned."""
    price = np.abs(np.asarray(live.getSolution().row_dual))
    counted = np.zeros(len(price), dtype=np.int64)
    counted[: len(idle)] = idle
    counted = np.where(price > TINY, 0, counted + 1)
    gone = np.flatnonzero(counted > most)
    gone = gone[gone >= kept]
    if len(gone):
        live.deleteRows(len(gone), gone.astype(np.int32))
        counted = np.delete(counted, gone)
    return counted
