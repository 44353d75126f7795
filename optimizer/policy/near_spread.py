"""Most diversified: the tightest cap on a product's share that still keeps the objective at a level.

The largest of several shares N_i(x) / D_i(x) is made as small as possible by Dinkelbach's method: for a share s, the linear program
min z subject to N_i(x) − s · D_i(x) ≤ z for every cell i of the cap says whether a smaller largest share is possible (z < 0), and its
plan has one. The next s is the largest share of that plan.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

import numpy as np

from optimizer.policy.near_ground import Ground
from optimizer.program.answer import require_optimal
from optimizer.program.arrays import lengthened
from optimizer.program.diversification import share as share_rows
from optimizer.program.matrix import Matrix
from optimizer.program.rows import AT_MOST, Rows
from optimizer.program.solver import Solver

PLACES = Decimal("0.0001")
"""A cap is stated to a hundredth of a percent, rounded up, so that the plan has room for practical units."""

CLOSE = 1e-6
"""A share is found once another round would lower it by less than this."""

ROUNDS = 50


def tightest_share(ground: Ground, name: str, level: float) -> Decimal:
    """The least share at which the cap ``name`` can stand with the objective at ``level``. Raises SolverStopped."""
    cells = _Cells(ground, name)
    matrix = ground.matrix()
    matrix.rhs[-1] = ground.floor_of(level)
    share = cells.largest(ground.plan.exact_values)
    engine: Solver | None = None
    for _ in range(ROUNDS):
        wanted = cells.excess(matrix, share)
        if engine is None:
            engine = Solver(wanted, ground.engine.name, ground.engine.integer_gap)
        else:
            engine.become(wanted)
        answer = require_optimal(engine.solve())
        lower = cells.largest(answer.values[:-1])
        if lower >= share - CLOSE:
            break
        share = lower
    return Decimal(min(share, 1.0)).quantize(PLACES, ROUND_CEILING)


class _Cells:
    """The rows of a cap, N(x) ≤ s · (D(x) + land), as functions of the share s: learned from the rows at two shares."""

    def __init__(self, ground: Ground, name: str) -> None:
        whole, half = (self._rows(ground, name, share) for share in (Fraction(1), Fraction(1, 2)))
        count, width = len(whole), ground.program.columns.count
        self.place = np.unique(np.concatenate([rows.row * width + rows.column for rows in (whole, half)]))
        at_whole, at_half = (self._spread(rows, width) for rows in (whole, half))
        self.row, self.column = self.place // width, self.place % width
        self.per_share = 2.0 * (at_half - at_whole)  # D, at s = 1: N − D; at s = ½: N − D / 2
        self.own = at_whole + self.per_share
        self.land, self.count = whole.rhs, count

    @staticmethod
    def _rows(ground: Ground, name: str, share: Fraction) -> Rows:
        """The rows of the cap at a share, whether or not it is active."""
        rules = ground.given_rules
        only = rules[rules["name"] == name].assign(share=share)
        return share_rows(replace(ground.instance, tables={**ground.instance.tables, "rules": only}), ground.program.columns)[0]

    def _spread(self, rows: Rows, width: int) -> np.ndarray:
        found = np.zeros(len(self.place))
        found[np.searchsorted(self.place, rows.row * width + rows.column)] = rows.coefficient
        return found

    def largest(self, values: np.ndarray) -> float:
        """The largest share of a plan, where there is something to have a share of."""
        parts, wholes = (np.bincount(self.row, weights=c * values[self.column], minlength=self.count) for c in (self.own, self.per_share))
        wholes = wholes + self.land
        used = wholes > CLOSE
        return float((parts[used] / wholes[used]).max(initial=0.0))

    def excess(self, matrix: Matrix, share: float) -> Matrix:
        """The program that makes the greatest excess over a share as small as possible; the excess is its last decision."""
        each = np.arange(self.count)
        limited = lengthened(
            replace(matrix, cost=np.zeros(len(matrix.cost))), np.full(self.count, AT_MOST), share * self.land, self.row, self.column,
            self.own - share * self.per_share,
        )  # fmt: skip
        found = limited.widened(np.array([-1.0]), len(matrix.rhs) + each, np.zeros(self.count, dtype=np.int64), np.full(self.count, -1.0))
        found.lower[-1] = -np.inf
        return found
