"""A good guess at yes-or-no decisions, from the plan in which they may be fractions, with a proof of how good it is.

The relaxed program's optimum is a bound on every plan. Choices are read off it, fixed, and the rest is decided again: if
that plan is within the gap that is asked for, no search through the choices is needed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.program.answer import OPTIMAL, Answer
from optimizer.program.matrix import Matrix
from optimizer.program.program import Program
from optimizer.program.solver import Solver


def guessed(program: Program, engine: Solver) -> Answer | None:
    """A plan with whole choices whose ``gap`` to the bound is at most the solver's ``integer_gap``; None if the guess is
    not good enough, or no plan keeps it."""
    matrix = engine.matrix
    relaxed = replace(
        matrix, lower=matrix.lower.copy(), upper=matrix.upper.copy(), integer=np.zeros_like(matrix.integer), cost=matrix.cost.copy()
    )
    solver = Solver(relaxed, engine.name, engine.integer_gap)
    bound = solver.solve()
    if bound.status != OPTIMAL:
        return None
    _fix(program, matrix, relaxed, bound.values)
    answer = solver.solve()
    if answer.status != OPTIMAL:
        return None
    gap = max(0.0, bound.objective - answer.objective) / max(1e-9, abs(answer.objective))
    return replace(answer, gap=gap, restarted=False) if gap <= engine.integer_gap else None


def _fix(program: Program, matrix: Matrix, relaxed: Matrix, values: np.ndarray) -> None:
    """Fix every choice: for counts of bases or products the largest, for least plots those at least half as large."""
    columns, rules = program.columns, program.instance.table("rules").set_index("name")
    chosen = np.zeros(len(values))
    year = ["scenario"] if "scenario" in columns["gather"] else []
    keys = ["base", "product", "period", *year]
    gather = columns["gather"].merge(columns["harvest"][[*keys, "column"]], on=keys, suffixes=("", "_of"))
    chosen[_largest(gather.assign(size=values[gather["column_of"]]), ["name", "product", "period", *year], rules["count"])] = 1.0
    grow = columns["grow"]
    chosen[_largest(grow.assign(size=values[grow["column"]]), ["name", "base"], rules["count"])] = 1.0
    plant, area = columns["plant"], columns["area"].groupby(["base", "land_class", "data_activity"])["column"].first()
    plots = plant.assign(size=[values[area[key]] for key in zip(plant["base"], plant["land_class"], plant["data_activity"], strict=True)])
    large = plots["size"] >= plots["name"].map(rules["quantity"]).astype(float) / 2
    chosen[plots.loc[large, "column"].to_numpy(dtype=np.int64)] = 1.0
    relaxed.integer = matrix.integer
    relaxed.hold_choices(chosen)


def _largest(frame: pd.DataFrame, keys: list[str], counts: pd.Series) -> np.ndarray:
    """The columns of the largest ``count`` of each group, ties by the order of names."""
    rank = frame.groupby(keys)["size"].rank(ascending=False, method="first")
    most = frame["name"].map(counts).astype(float)
    return frame.loc[rank <= most, "column"].to_numpy(dtype=np.int64)
