"""The program of many scenarios, scenario by scenario: Benders' decomposition (the L-shaped method of Van Slyke and Wets, SIAM
J. Appl. Math. 17, 1969) with a cut per scenario and a trust region (Linderoth and Wright, Comput. Optim. Appl. 24, 2003).

A small program decides the first stage; each scenario answers with what it is worth and what a little more of each decision
would add. Those answers are a bound from above on every plan, so that the distance to the best plan so far is proven.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.document import Risk
from optimizer.program.arrays import to_matrix
from optimizer.program.county import kept
from optimizer.program.handing import live_object
from optimizer.program.joint import JointProgram, joint
from optimizer.program.program import Program
from optimizer.program.recourse import FIRST
from optimizer.program.risk import mean, reached, with_risk
from optimizer.program.rows import Columns
from optimizer.program.valuing import Recourse, Value, add_cut, forget_rows, optimum

GAP = 3e-4
"""Proven distance to the optimum, relative, at which the search ends."""

ROUNDS = 250
LOOK = 10
"""Every so many rounds the bound is reckoned anew."""

REGION = 0.02
"""How far each decision may move in a round at first, as a part of the most it can be."""

GOOD, BETTER = 0.1, 0.5
PATIENCE = 4
"""So many rounds without a better plan halve the region."""

IDLE = 25
"""A cut that has had no price for more rounds than this is forgotten; it would come again if it mattered."""

KEPT = 60
"""So many rounds are remembered for a search with another weighing."""

LARGE = 1e6
"""What stands for the most of a decision without a limit of its own, in its unit."""


Answered = tuple[np.ndarray, list[Value]]
"""A first stage, and what each scenario answered to it."""


@dataclass(frozen=True)
class Decomposed:
    """The best first stage found (by number of the first-stage decisions), the scenarios' values under it, the weighed figure
    and the bound that no plan can pass; the last ``answers`` hold whatever is weighed."""

    decided: np.ndarray
    values: np.ndarray
    value: float
    bound: float
    rounds: int
    answers: tuple[Answered, ...]

    @property
    def gap(self) -> float:
        return relative_gap(self.value, self.bound)


def first_columns(program: Program) -> np.ndarray:
    """The numbers of the first-stage decisions of a program."""
    frames = program.columns.frames
    return np.concatenate([frames[kind]["column"].to_numpy() for kind in frames if kind in FIRST])


def first_stage_program(programs: Mapping[str, Program], probabilities: Sequence[float]) -> JointProgram:
    """The first stage with one decision ``value`` for each scenario instead of its recourse, and with the measure of risk."""
    return with_risk(joint({name: _stub(program) for name, program in programs.items()}, probabilities))


def _stub(program: Program) -> Program:
    """The first stage of a scenario's program, worth ``value`` whatever is asked."""
    first = first_columns(program)
    number = np.full(program.columns.count, -1, dtype=np.int64)
    number[first] = np.arange(len(first))
    columns = Columns(units=dict(program.columns.units))
    for kind, frame in program.columns.frames.items():
        if kind in FIRST:
            columns.frames[kind] = frame.assign(column=number[frame["column"]])
            columns.count += len(frame)
    columns.add("value", "yuan", pd.DataFrame({"of": ["scenario"]}, dtype=object), lower=-np.inf)
    rows = []
    for some in program.rows:
        alone = np.ones(len(some), dtype=bool)
        alone[some.row[number[some.column] < 0]] = False
        if alone.any():
            own = kept(some, alone)
            rows.append(replace(own, column=number[own.column]))
    stub = Program(program.instance, columns, tuple(rows), program.money.head(0), program.parties.head(0), program.households.head(0))
    worth = np.zeros(columns.count)
    worth[-1] = 1.0
    stub.known.update({program.instance.settings.objective.name: worth, "margin": worth})
    return stub


def decompose(
    programs: Mapping[str, Program],
    probabilities: Sequence[float],
    recourses: Sequence[Recourse],
    start: np.ndarray,
    known: Sequence[Answered] = (),
) -> Decomposed:
    """The best first stage over all scenarios, from ``start`` on. ``recourses`` are the live programs of the scenarios, whose
    objective must be the margin that the measure of risk is taken of; ``known`` are their answers to an earlier search."""
    master = first_stage_program(programs, probabilities)
    matrix = to_matrix(master)
    live = live_object(matrix)
    count = len(start)
    risk = next(iter(programs.values())).instance.settings.risk
    weigh = partial(weighed, risk=risk, probabilities=probabilities)
    lower, upper = matrix.lower[:count], np.where(np.isfinite(matrix.upper[:count]), matrix.upper[:count], LARGE)
    value_at = [int(part.at[-1]) for part in master.parts]
    answers = deque(known, maxlen=KEPT)
    for earlier, answered in known:
        _cut_all(live, value_at, earlier, answered)
    best, best_values, bound = start, np.zeros(0), np.inf
    best_value, idle = -np.inf, np.zeros(0, dtype=np.int64)
    region, nulls, decided, hoped = REGION * _most(matrix, upper), 0, start, -np.inf
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for rounds in range(1, ROUNDS + 1):
            found = list(pool.map(partial(Recourse.at, decided=decided), recourses))
            _cut_all(live, value_at, decided, found)
            answers.append((decided, found))
            value = weigh([answer.value for answer in found])
            gained = (value - best_value) / max(hoped - best_value, 1e-9) if np.isfinite(best_value) else 1.0
            if value > best_value:
                best, best_value, best_values = decided, value, np.array([answer.value for answer in found], dtype=float)
            nulls = 0 if gained > GOOD else nulls + 1
            if gained > BETTER and rounds > 1:
                region = region * 2.0
            elif nulls >= PATIENCE:
                region, nulls = region / 2.0, 0
            around = region if np.isfinite(best_value) else np.full(count, np.inf)  # around nothing there is nothing to look for
            decided, hoped = optimum(live, np.maximum(lower, best - around), np.minimum(upper, best + around))
            if not len(decided):  # no first stage leaves every scenario a recourse
                break
            idle = forget_rows(live, len(matrix.rhs), idle, IDLE)
            is_near = np.isfinite(best_value) and relative_gap(best_value, hoped) <= GAP / 2
            if is_near or (rounds % LOOK == 0 and np.isfinite(best_value)):
                anywhere, most = optimum(live, lower, upper)
                bound = min(bound, most)
                if relative_gap(best_value, bound) <= GAP:
                    break
                if is_near:  # the region hides something better
                    region, decided, hoped = region * 4.0, anywhere, most
    return Decomposed(best, best_values, best_value, bound, rounds, tuple(answers))


def _most(matrix: Any, upper: np.ndarray) -> np.ndarray:
    """The most each first-stage decision can be by a single row of its own program (such as the land of its class)."""
    most = upper.copy()
    caps = (matrix.coefficient > 0) & (matrix.rhs[matrix.row] > 0) & (matrix.column < len(upper))
    np.minimum.at(most, matrix.column[caps], (matrix.rhs[matrix.row] / np.where(caps, matrix.coefficient, 1.0))[caps])
    finite = most[most < LARGE]
    return np.where(most < LARGE, most, finite.max(initial=1.0))


def _cut_all(live: Any, value_at: Sequence[int], decided: np.ndarray, found: Sequence[Value]) -> None:
    """value[s] ≤ value + slope · (first stage − decided), or what must hold so that any recourse exists."""
    for column, answer in zip(value_at, found, strict=True):
        if answer.value is None:
            add_cut(live, answer.slope, answer.least)
        else:
            add_cut(live, answer.slope, float(answer.slope @ decided - answer.value), column)


def weighed(values: Sequence[float | None], risk: Risk, probabilities: Sequence[float]) -> float:
    """What the scenarios' values come to under a measure of risk; −∞ where a scenario has none."""
    known = [float(value) for value in values if value is not None]
    if len(known) < len(values):
        return -np.inf
    middle, weight = mean(known, probabilities), float(risk.weighing)
    if risk.measure in ("none", "expected"):
        return middle
    figure = reached(risk.measure, known, probabilities, float(risk.level))
    return middle - weight * figure if risk.measure == "deviation" else (1.0 - weight) * middle + weight * figure


def relative_gap(value: float, bound: float) -> float:
    """How far at most something better than ``value`` can be, relative."""
    return max(0.0, bound - value) / max(1.0, abs(value))
