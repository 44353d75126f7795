"""The rest of a season: what was decided before it is known stays, everything after it is decided anew.

The same program with its first stage fixed. Floors of participation were a reason to take part; once the season is known
nobody can leave, so that a floor which cannot be kept is missed, by as little as possible in total, and shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.problems import NoPlan
from optimizer.program.answer import OPTIMAL, Answer
from optimizer.program.infeasible import conflict
from optimizer.program.live import Live
from optimizer.program.matrix import NO_LIMIT, Matrix
from optimizer.program.plan import Plan
from optimizer.program.practical import with_floors_kept
from optimizer.program.program import Program
from optimizer.program.rounding import round_plan
from optimizer.program.solver import Solver
from optimizer.program.stages import stages

FIRST = ("area", "rented", "opening", "plant", "grow", "insure", "promote")
"""Kinds of decisions that are taken before the season is known: what is planted, rented, kept from last year, insured and
spent on promotion. All else is decided when prices, yields and roads are known."""

First = Mapping[str, pd.DataFrame]
"""A first stage: for each kind its key columns and ``value``."""

KEPT = 1e-9
"""A floor that was missed is lowered by this part more, so that what was found possible stays so."""


def first_stage(plan: Plan) -> dict[str, pd.DataFrame]:
    """What of a plan is decided before the season is known, in practical units."""
    columns = plan.program.columns
    found = {}
    for kind in FIRST:
        if kind in columns.frames:
            frame = columns[kind]
            found[kind] = frame[columns.keys_of(kind)].assign(value=plan.values[frame["column"]])
    return found


def held(program: Program, first: First) -> Program:
    """The program with the decisions named in ``first`` fixed at their values; one of those kinds that is not named is 0."""
    frames = {}
    for kind, decided in first.items():
        frame = program.columns[kind]
        keys = [key for key in program.columns.keys_of(kind) if key in decided and key != "yield_factor"]
        value = frame[keys].merge(decided[[*keys, "value"]], on=keys, how="left")["value"].fillna(0.0).to_numpy(dtype=float)
        frames[kind] = frame.assign(lower=value, upper=value)
    return program.but(columns=program.columns.with_frames(frames))


def in_year(instance: Instance, first: First, live: Live, floors: Mapping[tuple[str, str], float] | None = None) -> Plan:
    """The best that can still be done in a year whose first stage is in the ground.

    ``instance`` holds the data of that year, ``live`` solves one year after another. ``floors`` (yuan by party and id) take the
    place of the floors of participation; those that cannot be kept are missed by as little as possible in total. Raises
    NoPlan where not even that is possible, because a hard contract cannot be met, say.
    """
    program = held(live.build(instance), first)
    plan = live.plan(program, answers=partial(with_floors_missed, floors=floors))
    return replace(plan, residues=plan.residues[plan.residues["rule"] != "participation"].reset_index(drop=True))


def with_floors_missed(
    program: Program, engine: Solver, notes: list[str], floors: Mapping[tuple[str, str], float] | None = None
) -> tuple[Answer, Answer, np.ndarray]:
    """The answers of the first objective and of the last stage, and the practical values, with ``floors`` kept where possible."""
    wanted = floor_rows(program)
    if floors is not None:
        names = pd.concat([rows.keys for rows in program.rows if rows.rule == "participation"] or [pd.DataFrame(columns=["party", "id"])])
        keys = zip(names["party"], names["id"], strict=True)
        engine.matrix.rhs[wanted] = [floors.get(key, -NO_LIMIT) for key in keys]
    asked = engine.matrix.rhs.copy()
    try:
        if floors is None:
            return with_floors_kept(program, engine, notes)
        first, final = stages(program, engine, notes)
    except NoPlan:
        if not len(wanted):
            raise
        engine.matrix.rhs = asked
        missed = least_missed(program, engine.matrix, wanted)
        engine.matrix.rhs[wanted] -= missed + KEPT * (1.0 + np.abs(engine.matrix.rhs[wanted])) * (missed > 0)
        first, final = stages(program, engine, notes)
    return first, final, round_plan(program, engine.matrix, final.values)


def floor_rows(program: Program) -> np.ndarray:
    """The numbers of the rows of participation."""
    spans = [
        np.arange(program.first_row[position], program.first_row[position] + len(rows))
        for position, rows in enumerate(program.rows)
        if rows.rule == "participation"
    ]
    return np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)


def least_missed(program: Program, matrix: Matrix, wanted: np.ndarray) -> np.ndarray:
    """By how many yuan each floor is missed where the sum of what is missed is least. Raises NoPlan with the conflict if
    other rules stand in the way."""
    answer = Solver(softened(matrix, wanted)).solve()
    if answer.status != OPTIMAL:
        raise NoPlan(conflict(program, matrix))
    return np.maximum(0.0, answer.values[len(matrix.cost) :])


def softened(matrix: Matrix, wanted: np.ndarray) -> Matrix:
    """A program that may miss each row of ``wanted`` (≥) by a further decision, and makes the sum of those least."""
    more = len(wanted)
    free = replace(matrix, cost=np.zeros(len(matrix.cost)))
    return free.widened(np.full(more, -1.0), wanted, np.arange(more), np.ones(more))
