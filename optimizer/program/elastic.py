"""A program whose rows may give way at a price: what is asked of it again and again to find what stands in the way of a plan.

Every row that is no law has a further decision by which it may be missed (an equality two), and every lever that stands on
right-hand sides alone has one for its figure, closed until it is asked for. Only costs and bounds change between questions, so
that HiGHS goes on from its basis; programs with yes-or-no choices start anew each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.program.answer import Answer
from optimizer.program.arrays import assembled, lengthened
from optimizer.program.giving_way import WISHES, is_soft, weights
from optimizer.program.levers import EITHER, Lever
from optimizer.program.matrix import Matrix
from optimizer.program.program import Program
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Rows, make_rows, terms_of
from optimizer.program.solver import LARGE, Place, Solver
from optimizer.program.valuing import OPTIMAL as FOUND
from optimizer.program.valuing import live_object

NOTHING = 1e-6
"""A row that is missed by less than this, relative above 1, holds."""

SCALE = 1e-3
"""Yuan are counted in thousands, so that costs are near 1."""


ORDER = 1e-4
"""Rows weigh up to this part more in the order of their names, so that no solver decides between breaches that weigh the same."""


@dataclass(frozen=True)
class Laid:
    """A program's rows with the bounds of decisions that the data state as rows of their own.

    ``starts`` are the numbers of the first rows of ``blocks``, and behind them how many rows there are.
    """

    program: Program
    blocks: tuple[Rows, ...]
    starts: np.ndarray
    matrix: Matrix

    @property
    def rules(self) -> np.ndarray:
        """The name of every row."""
        return np.concatenate([np.full(len(rows), rows.rule, dtype=object) for rows in self.blocks] or [np.zeros(0, dtype=object)])

    def at(self, row: int) -> tuple[Rows, int]:
        """The block of a row, and its place there."""
        position = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.blocks[position], row - int(self.starts[position])


def laid(program: Program, matrix: Matrix) -> Laid:
    """The program with areas that are fixed, credit and the steps of promotion as rows; ``matrix`` says how all else stands now."""
    bounds = [rows for rows in _bounds_as_rows(program, matrix) if len(rows)]
    blocks = (*program.rows, *bounds)
    starts = np.cumsum([0, *(len(rows) for rows in blocks)])
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    for rows in bounds:
        lower[rows.column] = 0.0 if rows.rule != "credit" else -np.inf
        upper[rows.column] = np.inf
    further = assembled(program.columns, bounds)
    whole = replace(
        lengthened(matrix, further.sense, further.rhs, further.row, further.column, further.coefficient),
        cost=np.zeros(len(matrix.cost)),
        lower=lower,
        upper=upper,
    )
    return Laid(program, blocks, starts, whole)


def _bounds_as_rows(program: Program, matrix: Matrix) -> list[Rows]:
    found = []
    for kind, rule, sense, bound, keys in (
        ("area", "fixed_area", EQUAL, "lower", ["base", "land_class", "activity"]),
        ("cash", "credit", AT_LEAST, "lower", ["party", "id", "period"]),
        ("promote", "promotion_step", AT_MOST, "upper", ["promotion", "step"]),
    ):
        frame = program.columns.frames.get(kind, pd.DataFrame())
        if frame.empty or not set(keys) <= set(frame):
            continue
        at = frame["column"].to_numpy()
        as_stated = (matrix.lower[at] == frame["lower"].to_numpy(dtype=float)) & (matrix.upper[at] == frame["upper"].to_numpy(dtype=float))
        stated = frame[as_stated & np.isfinite(frame[bound].to_numpy(dtype=float))]
        if kind == "area":
            fixed = program.instance.table("fixed_area")[keys].drop_duplicates()
            stated = stated[(stated["lower"] == stated["upper"]).to_numpy()].merge(fixed, on=keys)
        if len(stated):
            found.append(
                make_rows(rule, program.columns.units[kind], keys, [terms_of(stated)], sense, stated.assign(rhs=stated[bound]), True)
            )
    return found


@dataclass
class Elastic:
    """The soft program of ``laid``. Elastic decision i, the ``first + i``-th, lets row ``rows[i]`` be missed: ``signs[i]`` is +1
    where its left side may be too small, −1 where it may be too great. ``lever_at``: the decisions of each lever's figure, by the way it
    moves."""

    laid: Laid
    first: int
    rows: np.ndarray
    signs: np.ndarray
    weight: np.ndarray
    engine: Solver
    lever_at: dict[int, dict[float, int]]

    @property
    def width(self) -> int:
        return len(self.engine.matrix.cost)

    def breach(self, answer: Answer) -> np.ndarray:
        """By how much each elastic decision lets its row be missed; 0 for what is the solver's noise."""
        missed = answer.values[self.first : self.first + len(self.rows)]
        return np.where(missed > NOTHING * np.maximum(1.0, np.abs(self.laid.matrix.rhs[self.rows])), missed, 0.0)

    def least(self, free: np.ndarray | None = None, open_levers: Sequence[int] = ()) -> Answer:
        """The least weighted breach, where the elastic decisions marked in ``free`` and the figures of ``open_levers`` cost nothing."""
        cost, upper = np.zeros(self.width), self._closed()
        soft = slice(self.first, self.first + len(self.rows))
        cost[soft] = -SCALE * (self.weight if free is None else np.where(free, 0.0, self.weight))
        upper[soft] = np.inf
        for lever in open_levers:
            upper[list(self.lever_at[lever].values())] = np.inf
        return self._run(cost, upper)

    def cheapest(self, free: np.ndarray, open_levers: Mapping[int, float]) -> Answer:
        """The least weighted change that leaves a plan: the figures of ``open_levers`` (their weights by number) move, and the
        elastic decisions marked in ``free`` may be used at their weight; everything else holds."""
        cost, upper = np.zeros(self.width), self._closed()
        soft = slice(self.first, self.first + len(self.rows))
        cost[soft] = np.where(free, -SCALE * self.weight, 0.0)
        upper[soft] = np.where(free, np.inf, 0.0)
        for lever, weight in open_levers.items():
            at = list(self.lever_at[lever].values())
            upper[at], cost[at] = np.inf, -SCALE * weight
        return self._run(cost, upper)

    def moved(self, answer: Answer, lever: int) -> float:
        """By how much a lever's figure moves in an answer, below 0 where it falls."""
        return float(sum(way * answer.values[at] for way, at in self.lever_at[lever].items()))

    def take(self, levers: Sequence[Lever]) -> None:
        """Give every plain lever the decisions of its figure: a figure that moves up or down by x moves its right-hand sides by
        ``per`` · x."""
        matrix, live = self.engine.matrix, self.engine.live
        for number, lever in enumerate(levers):
            if not lever.is_plain:
                continue
            self.lever_at[number] = {}
            for way in (1.0, -1.0) if lever.way == EITHER else (lever.way,):
                at = len(matrix.cost)
                self.lever_at[number][way] = at
                terms = -way * lever.per
                matrix = matrix.widened(np.zeros(1), lever.rows, np.zeros(len(lever.rows), dtype=np.int64), terms)
                matrix.upper[at] = 0.0
                if live is not None:
                    live.addCol(0.0, 0.0, 0.0, len(lever.rows), lever.rows.astype(np.int32), terms)
        self.engine.matrix = matrix
        self.engine.place = Place.whole(matrix)

    def _closed(self) -> np.ndarray:
        upper = np.zeros(self.width)
        upper[: self.first] = self.laid.matrix.upper
        return upper

    def _run(self, cost: np.ndarray, upper: np.ndarray) -> Answer:
        engine = self.engine
        engine.matrix.cost, engine.matrix.upper = cost, upper
        if engine.matrix.integer.any():
            engine.live = None
        elif engine.live is None:
            engine.live, engine.place = live_object(engine.matrix), Place.whole(engine.matrix)
        return engine.solve()


def elastic(of: Laid) -> Elastic:
    """The soft program, solved once if it has no yes-or-no choices, so that everything after it begins from a basis."""
    matrix = of.matrix
    soft = np.flatnonzero([is_soft(rule) for rule in of.rules])
    short, over = soft[matrix.sense[soft] != AT_MOST], soft[matrix.sense[soft] != AT_LEAST]
    rows = np.concatenate([short, over]).astype(np.int64)
    signs = np.concatenate([np.ones(len(short)), np.full(len(over), -1.0)])
    weight = np.concatenate([np.zeros(0), *(np.asarray(weights(block)) for block in of.blocks)])[rows]
    weight *= 1.0 + ORDER * np.arange(len(rows)) / max(1, len(rows))
    wide = matrix.widened(-SCALE * weight, rows, np.arange(len(rows)), signs)
    engine = Solver(wide, integer_gap=of.program.instance.settings.integer_gap)
    if not wide.integer.any():
        # What is simply there hardly ever gives way: without it a program is a third smaller, and its basis serves the whole one.
        is_wish = np.isin(of.rules[rows], WISHES)
        # interior point with crossover, which leaves a basis
        method = {"presolve": "on", "solver": "ipm"} if len(wide.cost) > LARGE else {}
        live = live_object(replace(wide, upper=np.concatenate([matrix.upper, np.where(is_wish, np.inf, 0.0)])), **method)
        live.run()
        engine.live, engine.place = live, Place.whole(wide)
    return Elastic(of, len(matrix.cost), rows, signs, weight, engine, {})


def has_plan(matrix: Matrix) -> bool:
    """Whether any decisions keep all rows."""
    by_interior_point = len(matrix.cost) > LARGE and not matrix.integer.any()
    live = live_object(replace(matrix, cost=np.zeros(len(matrix.cost))), presolve="on", solver="ipm" if by_interior_point else "choose")
    live.run()
    return bool(live.getModelStatus() == FOUND)
