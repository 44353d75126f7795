"""Replanning: what was planted, harvested and sold so far stays as it is; the rest of the season is decided again.

What a file says was done is a fact. Whatever else was to be done before the first open period is taken to have been done as
the stored plan had it, as nearly as the facts allow: nobody can have sent what was not harvested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.phases import Phase, phase
from optimizer.problems import InputError, NoPlan, Problem
from optimizer.program.answer import OPTIMAL
from optimizer.program.arrays import lengthened, to_matrix
from optimizer.program.giving_way import WISHES
from optimizer.program.infeasible import conflict
from optimizer.program.matrix import NO_LIMIT, Matrix
from optimizer.program.plan import Plan
from optimizer.program.practical import plan_of, with_floors_kept
from optimizer.program.program import Program
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL
from optimizer.program.solve import unprotected
from optimizer.program.solver import Solver
from optimizer.season.done import Done, Fact, smallest
from optimizer.season.stored import TOLD, Stored, is_before, require_known, targets
from optimizer.texts import say

FACT = 1e4
"""How much more a unit of a fact weighs than one of what the plan had."""

PLANTED = 100.0
"""How much more than that a mu weighs: where planting and harvest contradict each other, it is the harvest that is named."""

WEIGHTS = {"unsold": 0.1, "own": 1e-3, "hire": 1e-3, "let": 1e-3, "work": 1e-3}
"""How much a unit of what the plan had weighs (else 1): goods are left over, and hands work elsewhere, before sales change."""

TIER = 1e-3
"""What a further tier weighs per tonne: of what is sold in several tiers, the dearest fill first."""

TOLD_TO = 1e-5
"""By so much (relative above 1) a figure without a practical unit may be off and still be the one a folder tells."""

NEAR, NEARER = 1e-6, 1e-9
"""A folder tells figures to six decimals; so much (relative above 1) a decision that is past may move for the solver's sake,
and so much one that is told in practical units."""


@dataclass(frozen=True)
class Past:
    """The decisions that are past: their numbers ``columns``, the ``value`` each is held at (as solvers found it can stand
    together), what it ``was`` to be by the stored plan, its ``kind`` and the practical ``unit`` of it (0: none)."""

    columns: np.ndarray
    value: np.ndarray
    was: np.ndarray
    kind: np.ndarray
    unit: np.ndarray

    @property
    def is_moved(self) -> np.ndarray:
        """Which differ from the stored plan by more than rounding, or were not in it."""
        explained = np.maximum(self.unit, TOLD_TO * np.maximum(1.0, np.abs(self.value)))
        is_near: np.ndarray = np.abs(self.value - self.was) <= explained
        return ~is_near


def replan(program: Program, stored: Stored, done: Done, solver: str = "highs") -> Plan:
    """The best that can be made of the rest of the season.

    ``program`` holds the prices and yields as they are now known. Land that was leased stays leased, and more may be leased.
    Raises InputError where the stored plan did something before the first open period that the program does not know, and
    NoPlan where what was done cannot have been (which row of the file, and how much could) or leaves no plan that keeps all
    rules (which would have to give way).
    """
    instance = program.instance
    if instance.settings.planting == "alone":
        raise InputError([Problem("instance.yaml", None, "settings.planting", "alone", say("replan.expected_together"))])
    require_known(stored, instance, program.columns, TOLD, done.begin)
    phases: dict[str, Phase] = {}
    notes: list[str] = []
    with phase("build", phases):
        past = nearest_past(program, stored, done, solver)
        rest = held_past(program, past)
    with phase("solve", phases):
        engine = Solver(to_matrix(rest), solver, instance.settings.integer_gap)
        first, final, values = with_floors_kept(rest, engine, notes)
        values = steps_followed(rest, kept_exactly(values, past, done.facts))
    notes += _notes(program, past, done)
    plan = plan_of(rest, engine, (first, final, values), notes, phases)
    return replace(plan, unprotected=unprotected(rest))


# --- what happened -------------------------------------------------------------------------------------------------


def nearest_past(program: Program, stored: Stored, done: Done, solver: str = "highs") -> Past:
    """What happened before the first open period: the facts, and beside them the stored plan as nearly as it can have been.

    Least Σ weight · |decision − what the plan had|, where every fact holds. Wishes (caps, contracts, floors) are left aside
    here, since what was done was done. Raises NoPlan if a fact cannot be.
    """
    matrix = to_matrix(program)
    columns, was, kinds = _told(program, stored, done.begin)
    spans = [fact.columns for fact in done.facts]
    wanted = np.concatenate([was, [fact.quantity for fact in done.facts]])
    weight = np.concatenate(
        [[WEIGHTS.get(kind, 1.0) for kind in kinds], [FACT * (PLANTED if fact.kind == "area" else 1.0) for fact in done.facts]]
    )
    matrix = replace(matrix, cost=-TIER * program.tiers())
    answer = Solver(_elastic(_without_wishes(program, matrix), [*columns.reshape(-1, 1), *spans], wanted, weight), solver).solve()
    if answer.status != OPTIMAL:
        raise NoPlan(conflict(program, matrix))
    units = {kind: float(smallest(program, kind) or 0) for kind in program.columns.frames}
    _require_possible(answer.values, done, units)
    named = np.unique(np.concatenate([columns, *spans])) if spans else columns
    before = dict(zip(columns.tolist(), was.tolist(), strict=True))
    kind = _kinds(program)[named]
    was_named = np.array([before.get(column, np.nan) for column in named.tolist()])
    unit = np.array([units[k] for k in kind], dtype=float)
    value = answer.values[named]
    noise = np.where(kind == "area", TOLD_TO, NEARER)  # an area a little lower would lose a whole step to rounding
    return Past(named, np.where(np.abs(value - was_named) <= noise, was_named, value), was_named, kind, unit)


def _told(program: Program, stored: Stored, begin: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers, values by the stored plan, and kinds of all decisions before the first open period that the folder tells."""
    numbers, values, kinds = [], [], []
    for kind in TOLD:
        frame = program.columns.frames.get(kind)
        if frame is None or frame.empty:
            continue
        value = targets(stored, program.columns, kind)
        past = is_before(program.instance, frame, begin) & ~np.isnan(value)
        numbers.append(frame["column"].to_numpy()[past])
        values.append(value[past])
        kinds.append(np.full(int(past.sum()), kind, dtype=object))
    if not numbers:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=object)
    return np.concatenate(numbers), np.concatenate(values), np.concatenate(kinds)


def _kinds(program: Program) -> np.ndarray:
    """The kind of every decision, by its number."""
    return np.concatenate([np.full(len(frame), kind, dtype=object) for kind, frame in program.columns.frames.items()])


def _without_wishes(program: Program, matrix: Matrix) -> Matrix:
    """The matrix with every row open that is a wish."""
    wish = np.concatenate([np.full(len(rows), rows.rule in WISHES) for rows in program.rows] or [np.zeros(0, dtype=bool)])
    sense = matrix.sense.copy()
    sense[wish & (sense == EQUAL)] = AT_MOST
    rhs = np.where(wish, np.where(sense == AT_LEAST, -NO_LIMIT, NO_LIMIT), matrix.rhs)
    return replace(matrix, sense=sense, rhs=rhs)


def _elastic(matrix: Matrix, spans: list[np.ndarray], wanted: np.ndarray, weight: np.ndarray) -> Matrix:
    """The least weighted distance of the sums over ``spans`` (numbers of decisions) from ``wanted``, beside the matrix's cost."""
    rows, more = len(matrix.rhs), len(spans)
    sizes, each = [len(span) for span in spans], np.arange(more)
    columns = np.concatenate([np.zeros(0, dtype=np.int64), *spans])
    summed = lengthened(matrix, np.full(more, EQUAL), wanted, np.repeat(each, sizes), columns, np.ones(len(columns)))
    over_and_under = np.concatenate([np.full(more, -1.0), np.ones(more)])
    return summed.widened(np.concatenate([-weight, -weight]), rows + np.tile(each, 2), np.arange(2 * more), over_and_under)


def _require_possible(values: np.ndarray, done: Done, units: Mapping[str, float]) -> None:
    """Raise NoPlan naming every fact that cannot be, with what could: more than rounding to practical units explains."""
    lines = []
    for fact in done.facts:
        possible = float(values[fact.columns].sum())
        explained = units[fact.kind] * len(fact.columns) + NEAR * max(1.0, fact.quantity)
        if abs(possible - fact.quantity) > explained:
            amounts = {"amount": f"{fact.quantity:,.10g}", "possible": f"{possible:,.10g}", "unit": fact.unit}
            lines.append(say("replan.cannot_be", file=done.file.name, row=fact.row, names=fact.names, **amounts))
    if lines:
        raise NoPlan([say("replan.impossible"), *lines])


# --- what is still open ----------------------------------------------------------------------------------------------


def held_past(program: Program, past: Past) -> Program:
    """The program with all that is past fixed; what was leased is the least that is leased."""
    value, slack = np.full(program.columns.count, np.nan), np.zeros(program.columns.count)
    value[past.columns] = past.value
    slack[past.columns] = np.where(past.unit > 0, NEARER, NEAR * np.maximum(1.0, np.abs(past.value)))
    frames = {}
    for kind, frame in program.columns.frames.items():
        mine = value[frame["column"].to_numpy()]
        room = slack[frame["column"].to_numpy()]
        lower, upper = frame["lower"].to_numpy(dtype=float), frame["upper"].to_numpy(dtype=float)
        is_past = ~np.isnan(mine)
        least = np.where(is_past, np.maximum(lower, mine - room), lower)
        most = np.where(is_past & (kind != "rented"), np.minimum(upper, mine + room), upper)
        frames[kind] = frame.assign(lower=least, upper=np.maximum(least, most)) if is_past.any() else frame
    return program.but(columns=program.columns.with_frames(frames))


def kept_exactly(values: np.ndarray, past: Past, facts: tuple[Fact, ...]) -> np.ndarray:
    """Practical values in which everything past is what it was: the stored plan's figure where it could stay, else the nearest
    practical one, and every fact to its last unit."""
    found = values.copy()
    whole = np.where(past.unit > 0, np.round(past.value / np.where(past.unit > 0, past.unit, 1.0)) * past.unit, past.value)
    was = np.where(past.is_moved, whole, past.was)
    leased = past.kind == "rented"  # more may be leased
    found[past.columns] = np.where(leased, np.maximum(found[past.columns], was), was).round(9)
    for fact in facts:
        left = fact.quantity - float(found[fact.columns].sum())
        if fact.kind == "rented" or not abs(left) > 1e-9:
            continue
        for column in fact.columns[np.argsort(-found[fact.columns], kind="stable")]:
            moved = max(left, -found[column])
            found[column] = round(found[column] + moved, 9)
            left -= moved
            if abs(left) <= 1e-9:
                break
    return found


def steps_followed(program: Program, values: np.ndarray) -> np.ndarray:
    """Values in which the steps of shared capacity hold what is sold: a difference goes to the last step that is used."""
    found = values.copy()
    steps = np.isin(np.arange(len(found)), program.columns["group_sell"]["column"].to_numpy())
    for rows in program.rows:
        if rows.rule != "group_sales":
            continue
        more = np.bincount(rows.row, weights=-rows.coefficient * found[rows.column], minlength=len(rows))
        for row in np.flatnonzero(np.abs(more) > NEARER):
            columns = np.sort(rows.column[(rows.row == row) & steps[rows.column]])[::-1]
            left = float(more[row])
            used = columns[found[columns] > NEARER]
            for column in used if len(used) else columns[-1:]:
                moved = max(left, -found[column])
                found[column] = round(found[column] + moved, 9)
                left -= moved
    return found


def _notes(program: Program, past: Past, done: Done) -> list[str]:
    """From when on was planned anew, and how much of what the plan had before that cannot have been."""
    period = done.period(program.instance)
    notes = [say("replan.note", period=period, facts=len(done.facts)) if period else say("replan.note_all", facts=len(done.facts))]
    told = np.isin(past.columns, np.concatenate([fact.columns for fact in done.facts])) if done.facts else np.zeros(len(past.columns), bool)
    moved = past.is_moved & ~np.isnan(past.was)
    other = pd.Series(past.kind[moved & ~told & (past.kind != "rented")]).value_counts().sort_index()
    if len(other):
        counts = ", ".join(f"{kind} {count}" for kind, count in other.items())
        notes.append(say("replan.note_moved", counts=counts))
    return notes
