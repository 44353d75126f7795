"""An irreducible conflict: rows that cannot all hold, of which none could be left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np

from optimizer.program.elastic import Laid, has_plan, laid
from optimizer.program.handing import live_object
from optimizer.program.matrix import Matrix
from optimizer.program.program import Program
from optimizer.program.valuing import INFEASIBLE, OPTIMAL

PROVING = 1e-9
"""A row with less than this in a proof of infeasibility, relative to the greatest, is no part of it."""


@dataclass(frozen=True)
class Conflicting:
    """A row of an irreducible conflict: the name of its rule, what it stands for, its unit, sense and right-hand side."""

    rule: str
    keys: tuple[tuple[str, str], ...]
    unit: str
    sense: str
    rhs: float


def irreducible(program: Program, matrix: Matrix) -> tuple[Conflicting, ...]:
    """Rows that together leave no plan, though any one of them left out there would be one; empty where there is a plan.

    The bounds of decisions (0 at least, and what is fixed beforehand) hold throughout. The deletion filter of Chinneck and Dravnieks
    (Locating minimal infeasible constraint sets in linear programs, ORSA Journal on Computing 3, 1991), begun from the rows
    of a proof that there is no plan (Farkas) and narrowed by every further proof.
    """
    of = laid(program, matrix)
    return tuple(_conflicting(of, int(row)) for row in irreducible_rows(of.matrix))


def irreducible_rows(matrix: Matrix) -> np.ndarray:
    """The numbers of such rows of a matrix, rising. With yes-or-no choices every look is a solve of its own."""
    relaxed = replace(matrix, integer=np.zeros(len(matrix.cost), dtype=bool))
    if has_plan(relaxed):
        return np.zeros(0, dtype=np.int64) if has_plan(matrix) else _by_solving(matrix)
    rows = _by_restarts(relaxed)
    return rows[_by_solving(_only(matrix, rows))] if matrix.integer.any() else rows  # choices may need fewer rows to conflict


def _by_solving(matrix: Matrix) -> np.ndarray:
    kept = np.arange(len(matrix.rhs))
    for row in range(len(matrix.rhs)):
        fewer = kept[kept != row]
        if not has_plan(_only(matrix, fewer)):
            kept = fewer
    return kept


def _only(matrix: Matrix, rows: np.ndarray) -> Matrix:
    """The matrix with some of its rows alone."""
    number = np.full(len(matrix.rhs), -1, dtype=np.int64)
    number[rows] = np.arange(len(rows))
    used = number[matrix.row] >= 0
    return replace(
        matrix,
        sense=matrix.sense[rows],
        rhs=matrix.rhs[rows],
        row=number[matrix.row[used]],
        column=matrix.column[used],
        coefficient=matrix.coefficient[used],
    )


def _by_restarts(matrix: Matrix) -> np.ndarray:
    """The deletion filter on a live object: rows are freed one by one, and each proof without them frees all it does not need."""
    whole = replace(matrix, cost=np.zeros(len(matrix.cost)))
    rows = np.arange(len(matrix.rhs))
    if (proof := _proof(live_object(whole))) is not None:
        fewer = rows[proof]
        rows = fewer if not has_plan(_only(whole, fewer)) else rows
    small = _only(whole, rows)
    live = live_object(small)
    lp = live.getLp()
    least, most = np.array(lp.row_lower_), np.array(lp.row_upper_)
    kept, looked = np.ones(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    while (open_still := np.flatnonzero(kept & ~looked)).size:
        row = int(open_still[-1])
        live.changeRowBounds(row, -highspy.kHighsInf, highspy.kHighsInf)
        proof = _proof(live)
        if proof is None:
            live.changeRowBounds(row, least[row], most[row])
            looked[row] = True
            continue
        kept[row] = False
        needless = np.flatnonzero(kept & ~proof & ~looked) if proof.any() else np.zeros(0, dtype=np.int64)
        for other in needless.tolist():
            live.changeRowBounds(other, -highspy.kHighsInf, highspy.kHighsInf)
        if _proof(live) is None:  # a price too small to be seen was one after all
            for other in needless.tolist():
                live.changeRowBounds(other, least[other], most[other])
        else:
            kept[needless] = False
    return rows[kept]


def _proof(live: Any) -> np.ndarray | None:
    """Which rows a proof of infeasibility rests on (none marked where the solver gives no proof); None where there is a plan."""
    live.run()
    if live.getModelStatus() not in (OPTIMAL, INFEASIBLE):
        live.clearSolver()
        live.run()
    if live.getModelStatus() != INFEASIBLE:
        return None
    _, has_ray, ray = live.getDualRay()
    size = np.abs(np.asarray(ray)) if has_ray else np.zeros(live.getNumRow())
    return size > PROVING * max(float(size.max(initial=0.0)), 1e-30)


def _conflicting(of: Laid, row: int) -> Conflicting:
    rows, at = of.at(row)
    keys = tuple((str(key), str(value)) for key, value in rows.keys.iloc[at].items())
    return Conflicting(rows.rule, keys, str(rows.unit[at]), rows.sense, float(of.matrix.rhs[row]))
