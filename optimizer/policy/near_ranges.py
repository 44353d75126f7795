"""How far each figure can move while all rules are kept and little of the objective is given up.

A plan is one of many that are nearly as good: Brill, Chang and Hopkins (1982) called it modelling to generate alternatives. The least
and the most of a figure over all plans with at least a level of the objective are two linear programs:

min, max  Σ coefficient · decision   subject to every rule of the program and  objective ≥ level.

All of them differ in costs alone. They are solved on live solvers, each from the basis of the optimum or from where its like ended, so
that none depends on the one before it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pandas as pd

from optimizer.policy.near_ground import Figure, Ground, figures_of
from optimizer.program.answer import UNBOUNDED, require_optimal
from optimizer.program.handing import live_object
from optimizer.program.solver import Place, Solver

COLUMNS = ["kind", "name", "figure", "unit", "least", "plan", "most"]
THREADS = 2
DIGITS = 6
"""Decimals of the least and most: what a solver knows of mu and tonnes."""


def ranges(ground: Ground, done: Callable[[int, int], None] = lambda finished, count: None) -> pd.DataFrame:
    """The least and most of every figure and what the plan (in practical units) has: columns as COLUMNS, mu and tonnes a year.

    What has no limit is infinite. ``done`` is told how many figures are finished, and of how many. Raises SolverStopped.
    """
    figures = list(figures_of(ground.program))
    names = list(dict.fromkeys((figure.kind, figure.name) for figure in figures))
    engines = _engines(ground)
    finished = count(1)

    def extremes(engine: Solver, mine: set[tuple[str, str]]) -> dict[tuple[str, str, str], tuple[float, float]]:
        """Who plants least of something sells about least of it, so that the one begins where the other ended."""
        found, optimum, ends = {}, engine.basis, dict[tuple[str, str, float], Any]()
        for figure in (figure for figure in figures if (figure.kind, figure.name) in mine):
            pair = []
            for sign in (-1.0, 1.0):
                end = figure.kind, figure.name, sign
                engine.basis = ends.get(end, optimum)
                pair.append(_extreme(engine, figure, sign))
                ends[end] = engine.live.getBasis() if engine.live is not None else None
            found[figure.key] = pair[0], pair[1]
            done(next(finished), len(figures))
        return found

    with ThreadPoolExecutor(max_workers=len(engines)) as threads:
        jobs = [threads.submit(extremes, engine, set(names[at :: len(engines)])) for at, engine in enumerate(engines)]
        found = {key: pair for job in jobs for key, pair in job.result().items()}
    rows = [
        (*figure.key, figure.unit, found[figure.key][0], round(figure.of(ground.plan.values), DIGITS), found[figure.key][1])
        for figure in figures
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _engines(ground: Ground) -> list[Solver]:
    """A solver for each of two threads that stands at the optimum (solvers leave Python free); one where none can go on from there."""
    matrix, engine = ground.matrix(), ground.engine
    engine.back_to_basis()
    stands = engine.standing()
    if stands is None:
        return [Solver(matrix, engine.name, engine.integer_gap)]
    place, basis = Place.whole(matrix), stands.to_highs()
    return [
        Solver(replace(matrix), engine.name, engine.integer_gap, live=live_object(matrix), place=place, basis=basis) for _ in range(THREADS)
    ]


def _extreme(engine: Solver, figure: Figure, sign: float) -> float:
    """The most of a figure (the least where ``sign`` is −1)."""
    engine.back_to_basis()
    engine.matrix.cost = np.bincount(figure.column, weights=sign * figure.coefficient, minlength=len(engine.matrix.cost))
    answer = engine.solve()
    if answer.status == UNBOUNDED:
        return sign * math.inf
    return round(sign * require_optimal(answer).objective, DIGITS) + 0.0
