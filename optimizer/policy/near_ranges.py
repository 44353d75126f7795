"""How far each figure can move while all rules are kept and little of the objective is given up.

A plan is one of many that are nearly as good: Brill, Chang and Hopkins (1982) called it modelling to generate alternatives. The least
and the most of a figure over all plans with at least a level of the objective are two linear programs:

min, max  Σ coefficient · decision   subject to every rule of the program and  objective ≥ level.

All of them differ in costs alone. They are solved on one live solver, each from the basis of the optimum, so that none depends on the
one before it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from optimizer.policy.near_ground import Figure, Ground, figures_of
from optimizer.program.solver import UNBOUNDED, Solver, require_optimal

COLUMNS = ["kind", "name", "figure", "unit", "least", "plan", "most"]
DIGITS = 6
"""Decimals of the least and most: what a solver knows of mu and tonnes."""


def ranges(ground: Ground, done: Callable[[int, int], None] = lambda finished, count: None) -> pd.DataFrame:
    """The least and most of every figure and what the plan (in practical units) has: columns as COLUMNS, mu and tonnes a year.

    What has no limit is infinite. ``done`` is told how many figures are finished, and of how many. Raises SolverStopped.
    """
    engine, figures = ground.engine, list(figures_of(ground.program))
    engine.matrix = ground.matrix()
    optimum = engine.basis
    ends: dict[tuple[str, str, float], Any] = {}
    rows = []
    for number, figure in enumerate(figures, start=1):
        found = []
        for sign in (-1.0, 1.0):
            end = figure.kind, figure.name, sign
            engine.basis = ends.get(end, optimum)  # who plants least of something sells about least of it
            found.append(_extreme(engine, figure, sign))
            ends[end] = engine.live.getBasis() if engine.live is not None else None
        least, most = found
        rows.append((*figure.key, figure.unit, least, round(figure.of(ground.plan.values), DIGITS), most))
        done(number, len(figures))
    engine.basis = optimum
    return pd.DataFrame(rows, columns=COLUMNS)


def _extreme(engine: Solver, figure: Figure, sign: float) -> float:
    """The most of a figure (the least where ``sign`` is −1)."""
    engine.back_to_basis()
    engine.matrix.cost = np.bincount(figure.column, weights=sign * figure.coefficient, minlength=len(engine.matrix.cost))
    answer = engine.solve()
    if answer.status == UNBOUNDED:
        return sign * math.inf
    return round(sign * require_optimal(answer).objective, DIGITS) + 0.0
