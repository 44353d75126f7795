"""``solve``: from an instance to a plan, in stages on one solver.

first objective → on its optimal face the greatest margin → on that one's the least tonne-kilometres and a fixed order of
names → practical units, with the floors of participation tightened if rounding broke one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.phases import Phase, phase
from optimizer.problems import NoPlan
from optimizer.program.guessing import guessed
from optimizer.program.infeasible import conflict, without_bound
from optimizer.program.parties import linked_persons
from optimizer.program.plan import Plan
from optimizer.program.program import Program, build
from optimizer.program.rounding import residues, round_plan
from optimizer.program.rows import EQUAL
from optimizer.program.solver import (
    INFEASIBLE,
    LARGE,
    OPTIMAL,
    UNBOUNDED,
    Answer,
    Matrix,
    Solver,
    check_solver,
    require_optimal,
)
from optimizer.texts import say

SECOND_STAGE_LOSS = 1e-7
FACE = 1e-7
"""What a price or reduced cost must exceed to count, in yuan per unit: solvers leave up to 1e-8, true ones were 1e-6 and more."""
TIGHTENINGS = 6
STUCK_YUAN = 0.005
NO_FLOOR = -1e20
"""What the solvers take for a bound that is not there."""

NOTHING_YUAN = 1e-9
"""What solvers leave of a figure that is zero."""

FEN_PER_LINE = 0.02
"""Two fen, in yuan: more than rounding one line of money can cost, which is half a fen for a bill and less than one for
each of the two levels of a split."""


def solve(instance: Instance, solver: str = "highs") -> Plan:
    """Decide what each base grows and where it sells.

    Raises NoPlan (infeasible: which rules conflict and by how much; or unbounded: what pays without limit),
    SolverStopped, or InputError for a rule that matches nothing.
    """
    check_solver(solver)
    if instance.settings.planting == "alone":
        from optimizer.program.alone import decide_alone

        return decide_alone(instance, solver)
    phases: dict[str, Phase] = {}
    notes: list[str] = []
    with phase("build", phases):
        program = build(instance)
        matrix = to_matrix(program)
    with phase("solve", phases):
        engine = Solver(matrix, solver, instance.settings.integer_gap)
        with ThreadPoolExecutor(max_workers=1) as beside:  # solvers leave the second core and Python free
            free = beside.submit(unprotected, program)
            answers = with_floors_kept(program, engine, notes)
    return replace(plan_of(program, engine, answers, notes, phases), unprotected=free.result())


def plan_of(
    program: Program, engine: Solver, answers: tuple[Answer, Answer, np.ndarray], notes: list[str], phases: dict[str, Phase]
) -> Plan:
    """The plan that ``with_floors_kept`` found, without the one nobody could refuse."""
    first, final, values = answers
    objective = program.instance.settings.objective
    sign = -1.0 if objective.minimise else 1.0
    return Plan(
        program=program,
        matrix=engine.matrix,
        status=OPTIMAL,
        objective_yuan=sign * first.objective + float(objective.constant_yuan),
        values=values,
        exact_values=final.values,
        answer=first if sign > 0 else replace(first, row_price=-first.row_price, reduced_cost=-first.reduced_cost),
        residues=residues(program, to_matrix(program), values),  # against the floors as asked for, not as tightened
        unprotected=pd.DataFrame(columns=["party", "id", "balance_yuan"]),
        solver=engine.name,
        notes=tuple(dict.fromkeys(notes)),
        phases=phases,
    )


def with_floors_kept(program: Program, engine: Solver, notes: list[str]) -> tuple[Answer, Answer, np.ndarray]:
    """The answers of the first objective and of the last stage, and the practical values; floors that rounding broke
    are raised by what it cost, and the stages run again. What rounding costs is learned from the plan of the last stage,
    since that of the first objective may be any of its optimal plans.

    Where no plan can meet a raised floor, the floor stays as asked for and a note says what rounding may cost.
    """
    asked = engine.matrix.rhs.copy()
    for _ in range(TIGHTENINGS):
        try:
            first, final = stages(program, engine, notes)
        except NoPlan:
            if np.array_equal(engine.matrix.rhs, asked):
                raise
            break
        values = round_plan(program, engine.matrix, final.values)
        broken = _broken_floors(program, values)
        if not broken:
            return first, final, values
        _tighten(program, engine, broken)
    engine.matrix.rhs = asked
    first, final = stages(program, engine, notes)
    values = round_plan(program, engine.matrix, final.values)
    for (party, name), yuan in _broken_floors(program, values).items():
        notes.append(say("note.floor_missed", party=party, id=name, yuan=f"{yuan:,.2f}"))
    return first, final, values


def to_matrix(program: Program) -> Matrix:
    """The program's rows and columns as arrays, under its first objective (negated if it is minimised)."""
    rows = program.rows
    objective = program.instance.settings.objective
    sign = -1.0 if objective.minimise else 1.0
    rhs = np.concatenate([r.rhs for r in rows]) if rows else np.zeros(0)
    sense = np.concatenate([np.full(len(r), r.sense, dtype=object) for r in rows]) if rows else np.zeros(0, dtype=object)
    return Matrix(
        cost=sign * program.objective(objective.name),
        lower=program.columns.stacked("lower").astype(float),
        upper=program.columns.stacked("upper").astype(float),
        integer=program.columns.stacked("integer").astype(bool),
        sense=sense,
        rhs=rhs,
        row=np.concatenate([r.row + program.first_row[i] for i, r in enumerate(rows)]) if rows else np.zeros(0, dtype=np.int64),
        column=np.concatenate([r.column for r in rows]) if rows else np.zeros(0, dtype=np.int64),
        coefficient=np.concatenate([r.coefficient for r in rows]) if rows else np.zeros(0),
    )


def stages(program: Program, engine: Solver, notes: list[str]) -> tuple[Answer, Answer]:
    """The answer of the first objective and the one the plan is made of."""
    matrix = engine.matrix
    objective = program.instance.settings.objective
    before = (matrix.cost.copy(), matrix.lower.copy(), matrix.upper.copy(), matrix.integer.copy(), matrix.sense.copy(), matrix.rhs.copy())
    is_large_choice = matrix.integer.any() and len(matrix.cost) > LARGE  # a search through them could take hours
    answer = (guessed(program, engine) if is_large_choice else None) or engine.solve()
    if answer.status == INFEASIBLE:
        raise NoPlan(conflict(program, matrix))
    if answer.status == UNBOUNDED:
        raise NoPlan(without_bound(program, matrix))
    first = require_optimal(answer)
    if matrix.integer.any():
        notes.append(say("note.choices_fixed", gap=f"{first.gap:.2g}"))
        matrix.lower = np.where(matrix.integer, np.round(first.values), matrix.lower)
        matrix.upper = np.where(matrix.integer, np.round(first.values), matrix.upper)
        matrix.integer = np.zeros_like(matrix.integer)
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
        final = _next_stage(engine, final, wish)
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


def _next_stage(engine: Solver, best: Answer, wish: np.ndarray) -> Answer:
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


def unprotected(program: Program) -> pd.DataFrame:
    """What companies and bases would be left with by the plan of greatest sales (of the greatest margin among those) if
    none could refuse a loss.

    Columns: party, id, balance_yuan. Empty where no split or no floor exists, or sales have no bound. For comparison.
    """
    wanted = [i for i, rows in enumerate(program.rows) if rows.rule == "participation"]
    nothing = pd.DataFrame(columns=["party", "id", "balance_yuan"])
    if not wanted:
        return nothing
    matrix = to_matrix(program)
    matrix.cost = program.objective("sales")
    for position in wanted:
        start = program.first_row[position]
        matrix.rhs[start : start + len(program.rows[position])] = NO_FLOOR
    engine = Solver(matrix, "highs", program.instance.settings.integer_gap)
    answer = engine.solve()
    if answer.status != OPTIMAL:
        return nothing
    if not matrix.integer.any():
        answer = _next_stage(engine, answer, program.objective("margin"))
    terms = program.parties
    amounts = terms.assign(balance_yuan=terms["yuan"].to_numpy(dtype=float) * answer.values[terms["column"]])
    balances = amounts.groupby(["party", "id"], as_index=False)["balance_yuan"].sum()
    return balances[balances["party"].isin(["company", "base"])].reset_index(drop=True)


def _broken_floors(program: Program, values: np.ndarray) -> dict[tuple[str, str], float]:
    """Parties whose balance the rounded plan may leave below its floor, and by how many yuan at most."""
    floors = program.instance.settings.participation
    wanted = {"company": floors.company, "base": floors.base}
    if program.parties.empty or not program.instance.settings.practical_units.on:
        return {}
    names, number = program.once("names_of_parties", lambda: _numbered_parties(program))
    amount = program.parties["yuan"].to_numpy(dtype=float) * values[program.parties["column"]]
    balance = np.bincount(number, weights=amount, minlength=len(names))
    lines = np.bincount(number, weights=np.abs(amount) > NOTHING_YUAN, minlength=len(names))
    broken = {}
    for (party, name), yuan, count in zip(names, balance.tolist(), lines.tolist(), strict=True):
        floor = wanted.get(party)
        if floor is not None and count and yuan - FEN_PER_LINE * count < float(floor):
            broken[party, name] = float(floor) - yuan + FEN_PER_LINE * count
    return broken


def _numbered_parties(program: Program) -> tuple[list[tuple[str, str]], np.ndarray]:
    """All parties, and of which each of the party terms is, by its number."""
    grouped = program.parties.groupby(["party", "id"], sort=True)
    return list(grouped.groups), grouped.ngroup().to_numpy()


def _tighten(program: Program, engine: Solver, broken: dict[tuple[str, str], float]) -> None:
    """Raise the floors that rounding broke by what it cost, and a little more, in whole yuan: so the last digits of an
    answer change nothing."""
    for position, rows in enumerate(program.rows):
        if rows.rule == "participation":
            for index, key in enumerate(rows.keys[["party", "id"]].itertuples(index=False, name=None)):
                if key in broken:
                    engine.matrix.rhs[program.first_row[position] + index] += np.ceil(1.5 * broken[key] + 1.0)
