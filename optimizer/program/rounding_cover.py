"""Practical figures of insurance and promotion: what is insured follows the rounded land, what is spent is whole in fen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.instance.promoting import budgets, offered_promotion
from optimizer.program.matrix import Matrix
from optimizer.program.program import Program
from optimizer.program.rounding_land import NEAR, Units, down, up
from optimizer.program.rows import EQUAL

FEN = 0.01
"""A fen in yuan."""


def round_insured(program: Program, matrix: Matrix, rounded: np.ndarray, values: np.ndarray, units: Units) -> None:
    """Insured land in whole units, within what is planted and what the insurer takes; what was insured wholly stays so."""
    insured = program.columns["insure"]["column"].to_numpy()
    for rows in program.rows:
        if rows.rule not in ("insured_area", "compulsory_cover"):
            continue
        own = np.isin(rows.column, insured)
        planted, before = (np.bincount(rows.row[~own], weights=of[rows.column[~own]], minlength=len(rows)) for of in (rounded, values))
        mine = np.zeros(len(rows), dtype=np.int64)
        mine[rows.row[own]] = rows.column[own]
        wholly = (values[mine] >= before - NEAR * units.mu) | (rows.sense == EQUAL)
        wanted = np.where(wholly, planted, np.minimum(down(values[mine], units.mu), planted))
        rounded[mine] = wanted  # also where it was decided before: it goes with the land, which is rounded too
    for rows in program.rows:
        if rows.rule == "insured_most":
            most = np.full(len(rows), np.inf)
            most[rows.row] = rows.rhs[rows.row] / rows.coefficient
            rounded[rows.column] = np.minimum(rounded[rows.column], most[rows.row])


def round_promoted(program: Program, matrix: Matrix, rounded: np.ndarray) -> None:
    """Spending up to whole fen, so that what was sold stays opened, where its limit and the budget leave room for that."""
    frame = program.columns["promote"]
    if frame.empty:
        return
    column = frame["column"].to_numpy()
    low, high = matrix.lower[column], matrix.upper[column]
    spent = np.where(high > low, np.clip(up(rounded[column], FEN), low, high), down(low, FEN))
    over = pd.Series(spent).groupby(frame["promotion"].to_numpy()).sum() - budgets(offered_promotion(program.instance.tables))
    for promotion, excess in over[over > FEN * NEAR].items():
        mine = np.flatnonzero((frame["promotion"] == promotion).to_numpy() & (spent > low))
        for at in mine[::-1]:  # the last steps bring least
            cut = min(float(up(excess, FEN)), float(spent[at] - low[at]))
            spent[at] -= cut
            excess -= cut
            if excess <= 0:
                break
    rounded[column] = np.round(spent, 6)
