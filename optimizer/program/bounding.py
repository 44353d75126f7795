"""What can never be, found by arithmetic alone: how far the limits of what is there let each decision go."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.program.giving_way import WISHES
from optimizer.program.matrix import Matrix
from optimizer.program.rows import AT_LEAST, AT_MOST

ROUNDS = 12
"""So often bounds are carried from row to row: from land to harvest, through hubs and stores to markets."""

CLOSE = 1e-6
"""A contradiction must be larger than this, relative above 1, to be one."""


@dataclass(frozen=True)
class Impossible:
    """A wish that cannot hold: its row, what it asks for, and what can be at best (its unit)."""

    row: int
    asked: float
    best: float

    @property
    def amount(self) -> float:
        return abs(self.asked - self.best)


def impossible(matrix: Matrix, rules: np.ndarray) -> list[Impossible]:
    """The wishes no plan could meet even if every other wish were dropped; ``rules`` is the name of each row.

    Bounds of decisions are carried through all rows that are no wishes, a few times. What a row falls short by on these bounds
    is the least by which it has to give way if nothing that is there does; more may be needed. Nothing is said where the bounds
    alone contradict each other, since then no single row is at fault.
    """
    wish = np.isin(rules, WISHES)
    bounded = narrowed(matrix, np.flatnonzero(~wish))
    if (bounded.lower > bounded.upper + CLOSE * np.maximum(1.0, np.abs(bounded.upper))).any():
        return []
    least, most = _reach(bounded)
    floors = np.flatnonzero(wish & (matrix.sense != AT_MOST) & (matrix.rhs > 0))
    most[floors] = np.minimum(most[floors], _shared_out(bounded, floors, ~wish))
    margin = CLOSE * np.maximum(1.0, np.abs(matrix.rhs))
    short = wish & (matrix.sense != AT_MOST) & (most < matrix.rhs - margin)
    over = wish & (matrix.sense != AT_LEAST) & (least > matrix.rhs + margin)
    best = np.where(short, most, least)
    return [Impossible(int(row), float(matrix.rhs[row]), float(best[row])) for row in np.flatnonzero(short | over)]


def narrowed(matrix: Matrix, rows: np.ndarray) -> Matrix:
    """The matrix with bounds of decisions that already follow from ``rows`` and the bounds of their other decisions."""
    chosen = np.zeros(len(matrix.rhs), dtype=bool)
    chosen[rows] = True
    used = chosen[matrix.row] & (matrix.coefficient != 0)
    row, column, by = matrix.row[used], matrix.column[used], matrix.coefficient[used]
    upper_row = np.where(matrix.sense == AT_LEAST, np.inf, matrix.rhs)[row]
    lower_row = np.where(matrix.sense == AT_MOST, -np.inf, matrix.rhs)[row]
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    for _ in range(ROUNDS):
        least, most = _ends(by, lower[column], upper[column])
        rest_least, rest_most = _rest(row, least, len(matrix.rhs)), _rest(row, most, len(matrix.rhs))
        high, low = (upper_row - rest_least) / by, (lower_row - rest_most) / by
        high, low = np.where(by > 0, high, low), np.where(by > 0, low, high)
        new_upper, new_lower = upper.copy(), lower.copy()
        np.minimum.at(new_upper, column, np.where(np.isnan(high), np.inf, high))
        np.maximum.at(new_lower, column, np.where(np.isnan(low), -np.inf, low))
        if np.array_equal(new_upper, upper) and np.array_equal(new_lower, lower):
            break
        lower, upper = new_lower, new_upper
    return replace(matrix, lower=lower, upper=upper)


def _ends(by: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that each term can be."""
    one, other = by * lower, by * upper
    return np.minimum(one, other), np.maximum(one, other)


def _rest(row: np.ndarray, ends: np.ndarray, height: int) -> np.ndarray:
    """For every term the sum of the ends of the other terms of its row; infinite where one of those is."""
    finite = np.isfinite(ends)
    whole = np.bincount(row, weights=np.where(finite, ends, 0.0), minlength=height)[row]
    endless = np.bincount(row, weights=~finite, minlength=height)[row]
    rest = np.where(finite, whole - np.where(finite, ends, 0.0), whole)
    sign = np.where(np.bincount(row, weights=np.where(finite, 0.0, np.sign(ends)), minlength=height)[row] < 0, -np.inf, np.inf)
    return np.where(endless - ~finite > 0, sign, rest)


def _reach(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that the left side of each row can be."""
    least, most = _ends(matrix.coefficient, matrix.lower[matrix.column], matrix.upper[matrix.column])
    height = len(matrix.rhs)
    found = []
    for ends, sign in ((least, -np.inf), (most, np.inf)):
        finite = np.isfinite(ends)
        whole = np.bincount(matrix.row, weights=np.where(finite, ends, 0.0), minlength=height)
        found.append(np.where(np.bincount(matrix.row, weights=~finite, minlength=height) > 0, sign, whole))
    return found[0], found[1]


def _shared_out(matrix: Matrix, floors: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The most that the left side of each row of ``floors`` can be, where decisions that share a limit take it together.

    Of a row that is ``given`` and limits several decisions (≥ 0) of a floor, such as the land of a base or a market's tier, its right
    side less the least of its terms below 0 is all they can have. Each decision counts in the row that limits most of them.
    """
    least, most = _ends(matrix.coefficient, matrix.lower[matrix.column], matrix.upper[matrix.column])
    height, below = len(matrix.rhs), matrix.coefficient < 0
    with np.errstate(invalid="ignore"):
        room = matrix.rhs - np.bincount(matrix.row, weights=np.where(below, least, 0.0), minlength=height)
    limits = given & (matrix.sense != AT_LEAST) & np.isfinite(room)
    used = limits[matrix.row] & ~below & (matrix.lower[matrix.column] >= 0)
    order = np.argsort(matrix.column[used], kind="stable")
    column, row, by = (part[used][order] for part in (matrix.column, matrix.row, matrix.coefficient))
    first = np.searchsorted(column, np.arange(len(matrix.cost) + 1))
    found = []
    for floor in floors:
        mine = np.flatnonzero(matrix.row == floor)
        positive = mine[(matrix.coefficient[mine] > 0) & (matrix.lower[matrix.column[mine]] >= 0)]
        rest = float(most[np.setdiff1d(mine, positive)].sum())
        size = first[matrix.column[positive] + 1] - first[matrix.column[positive]]
        of = np.repeat(np.arange(len(positive)), size)
        at = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(first[matrix.column[positive]], size)
        found.append(rest + _in_limits(of, row[at], matrix.coefficient[positive][of] / by[at], room, most[positive]))
    return np.asarray(found)


def _in_limits(of: np.ndarray, limit: np.ndarray, ratio: np.ndarray, room: np.ndarray, most: np.ndarray) -> float:
    """The most of Σ terms, of which term ``of`` is limited by row ``limit`` (a unit of whose room lets it be ``ratio``)."""
    count = np.bincount(limit, minlength=len(room))
    best = np.lexsort((limit, -count[limit], of))
    chosen = best[np.unique(of[best], return_index=True)[1]]
    alone = np.ones(len(most), dtype=bool)
    alone[of[chosen]] = False
    rows, group = np.unique(limit[chosen], return_inverse=True)
    ratios = np.zeros(len(rows))
    np.maximum.at(ratios, group, ratio[chosen])
    together = np.minimum(np.bincount(group, weights=most[of[chosen]], minlength=len(rows)), ratios * np.maximum(room[rows], 0.0))
    return float(most[alone].sum() + together.sum())
