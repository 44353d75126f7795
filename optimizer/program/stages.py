"""The stages of a plan on one solver: the first objective, on its optimal face the greatest margin, on that one's the least
tonne-kilometres and a fixed order of names."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from optimizer.problems import NoPlan
from optimizer.program.answer import INFEASIBLE, OPTIMAL, UNBOUNDED, Answer, require_optimal
from optimizer.program.guessing import guessed
from optimizer.program.infeasible import conflict, without_bound
from optimizer.program.parties import linked_persons
from optimizer.program.program import Program
from optimizer.program.rows import EQUAL
from optimizer.program.solver import LARGE, Solver
from optimizer.texts import say

CHANGED = ("cost", "lower", "upper", "integer", "sense", "rhs")
"""What the stages change of a matrix on their way, and put back."""

SECOND_STAGE_LOSS = 1e-7
"""By so much (relative) a village may end below the level that is fixed for it, so that what the solver found stays possible."""

FACE = 1e-7
"""What a price or reduced cost must exceed to count, in yuan per unit: solvers leave up to 1e-8, true ones were 1e-6 and more."""

STUCK_YUAN = 0.005
"""A village whose gain per person cannot rise above this is named."""


def stages(program: Program, engine: Solver, notes: list[str]) -> tuple[Answer, Answer]:
    """The answer of the first objective and the one the plan is made of."""
    matrix = engine.matrix
    objective = program.instance.settings.objective
    before = tuple(getattr(matrix, name).copy() for name in CHANGED)
    is_large_choice = matrix.integer.any() and len(matrix.cost) > LARGE  # a search through them could take hours
    answer = (guessed(program, engine) if is_large_choice else None) or engine.solve()
    if answer.status == INFEASIBLE:
        raise NoPlan(partial(conflict, program, replace(matrix, **dict(zip(CHANGED, before, strict=True)))))
    if answer.status == UNBOUNDED:
        raise NoPlan(without_bound(program, matrix))
    first = require_optimal(answer)
    if matrix.integer.any():
        notes.append(say("note.choices_fixed", gap=f"{first.gap:.2g}"))
        matrix.hold_choices(first.values)
        engine.live = None
        gap = first.gap
        first = replace(require_optimal(engine.solve()), gap=gap)
    engine.keep_basis()
    final = first
    if objective.name == "least_household_gain":
        final = _raise_the_next(program, engine, first, notes)
    # Then the second objective; then least tonne-kilometres and a fixed order of names, so that neither the order of
    # rows nor the solver decides between equally good plans.
    second = [program.objective(objective.then)] if objective.then and objective.then != objective.name else []
    unpriced = [] if "margin" in (objective.name, objective.then) else [-program.tiers()]  # else tiers might fill in any order
    for wish in (*second, *unpriced, -program.tonne_km(), -_order_of_names(len(matrix.cost))):
        final = next_stage(engine, final, wish)
    final = replace(final, basis=engine.standing())
    matrix.cost, matrix.lower, matrix.upper, matrix.integer, matrix.sense, matrix.rhs = before
    if matrix.integer.any():
        engine.live = None
    return first, final


def _order_of_names(count: int) -> np.ndarray:
    """A fixed weight for each of ``count`` decisions, by its number.

    The weights look drawn at random, so that no two ways to the same end weigh the same: with weights in even steps, two
    bases could swap neighbouring tiers for nothing. They are large beside the tolerance of the solvers. The sequence of
    RandomState never changes between versions of numpy.
    """
    return 1000.0 * (1.0 + np.random.RandomState(0).random_sample(count))


def _raise_the_next(program: Program, engine: Solver, first: Answer, notes: list[str]) -> Answer:
    """Max–min, then the next: villages that truly cannot gain more than the least are fixed, the others go on.

    A positive weight in the price of ``least`` proves that a village is held down in every optimal plan; one held down
    by chance has none and goes on with the others. At least one has a weight, so that every round fixes one.
    """
    matrix = engine.matrix
    position = next(i for i, r in enumerate(program.rows) if r.rule == "least_of_all")
    villages = list(program.rows[position].keys["village"])
    start = program.first_row[position]
    persons = linked_persons(program.instance).reindex(villages).to_numpy(dtype=float)
    gain, apart = (
        program.columns[kind].set_index("village")["column"].reindex(villages).to_numpy() for kind in ("village_gain", "set_apart")
    )
    answer, still = first, np.ones(len(villages), dtype=bool)
    while still.any() and answer.status == OPTIMAL:
        weight = np.abs(answer.row_price[start : start + len(villages)]) * persons
        stuck = still & (weight > FACE)
        if not stuck.any():
            break
        if answer.objective <= STUCK_YUAN:
            notes += [say("note.village_stuck", village=villages[i], yuan=f"{answer.objective:,.2f}") for i in np.flatnonzero(stuck)]
        level = answer.objective * persons
        matrix.lower[gain[stuck]] = (level - SECOND_STAGE_LOSS * np.maximum(1.0, np.abs(level)))[stuck]
        matrix.upper[apart[stuck]] = np.inf
        still &= ~stuck
        if still.any():
            answer = engine.solve()
    least = int(program.columns["least"]["column"].iloc[0])
    matrix.lower[least] = matrix.upper[least] = first.values[least]
    matrix.upper[apart] = np.inf
    matrix.cost = np.zeros_like(matrix.cost)  # every plan that keeps the floors is as good: nothing has a price
    return require_optimal(engine.solve())


def next_stage(engine: Solver, best: Answer, wish: np.ndarray) -> Answer:
    """The best plan under ``wish`` among all optimal ones; ``best`` itself if the solver fails on it.

    What has a reduced cost keeps its bound and what has a price stays tight: that is the whole optimal face, whichever
    of its dual solutions the prices come from (complementary slackness).
    """
    matrix = engine.matrix
    kept = np.abs(best.reduced_cost) > FACE
    matrix.lower = np.where(kept, best.values, matrix.lower)
    matrix.upper = np.where(kept, best.values, matrix.upper)
    tight = np.abs(best.row_price) > FACE
    matrix.rhs = np.where(tight, matrix.activity(best.values), matrix.rhs)
    matrix.sense = np.where(tight, EQUAL, matrix.sense)
    matrix.cost = wish
    answer = engine.solve()
    return replace(answer, gap=best.gap) if answer.status == OPTIMAL else best
