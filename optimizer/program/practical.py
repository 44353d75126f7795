"""From the stages to a plan in practical units: the floors of participation are tightened if rounding broke one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.phases import Phase
from optimizer.problems import NoPlan
from optimizer.program.answer import OPTIMAL, Answer
from optimizer.program.arrays import to_matrix
from optimizer.program.plan import Plan
from optimizer.program.program import Program
from optimizer.program.rounding import residues, round_plan
from optimizer.program.solver import Solver
from optimizer.program.stages import stages
from optimizer.texts import say

TIGHTENINGS = 6
"""How often floors are raised at most."""

FEN_PER_LINE = 0.02
"""Two fen, in yuan: more than rounding one line of money can cost, which is half a fen for a bill and less than one for
each of the two levels of a split."""

NOTHING_YUAN = 1e-9
"""What solvers leave of a figure that is zero."""


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
        basis=final.basis,
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
