"""Many policies of one county, solved one after another on live solver objects.

A program that a live object can hold is laid over it: decisions and rows are matched by their keys, what the program
lacks is closed (a decision) or freed (a row), changed coefficients are patched, and the solver goes on from the basis of
the last plan. The answer is verified against the program's own rows and columns, as every restart is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.phases import Phase, phase
from optimizer.program.alone import decide_alone
from optimizer.program.answer import LIMIT, OPTIMAL, Answer
from optimizer.program.arrays import to_matrix
from optimizer.program.handing import set_coefficients
from optimizer.program.matrix import Matrix
from optimizer.program.plan import Plan
from optimizer.program.practical import plan_of, with_floors_kept
from optimizer.program.program import Program, build, has_the_same_decisions, has_the_same_goods
from optimizer.program.rows import FIGURE_KEYS
from optimizer.program.solver import Place, Solver, check_solver
from optimizer.texts import say

Answers = Callable[[Program, Solver, list[str]], tuple[Answer, Answer, np.ndarray]]
"""What takes a solver of a program through the stages: answers of the first objective and of the last stage, practical values."""

KEPT = 3
"""Live objects that are kept at most."""

LEAST_LIMIT = 1000
"""Simplex steps that a restart may always take; a larger program half as many as it has rows, below what a cold solve costs."""

SHOWN = 4


@dataclass(frozen=True)
class Block:
    """Decisions of one kind, or rows of one rule and sense: their ``keys``, and the number ``at`` which each stands."""

    keys: tuple[np.ndarray, ...]
    at: np.ndarray

    @cached_property
    def place(self) -> dict[tuple[Hashable, ...], int]:
        return dict(zip(zip(*(key.tolist() for key in self.keys), strict=True), self.at.tolist(), strict=True))


Blocks = dict[tuple[str, ...], Block]


def column_blocks(program: Program) -> Blocks:
    """The decisions of a program by kind (and the names of its keys)."""
    found = {}
    for kind, frame in program.columns.frames.items():
        names = [name for name in program.columns.keys_of(kind) if name not in FIGURE_KEYS and not name.startswith("_")]
        found[kind, *names] = Block(tuple(frame[name].to_numpy() for name in names), frame["column"].to_numpy())
    return found


def row_blocks(program: Program) -> Blocks:
    """The rows of a program by rule, sense and the names of their keys; the unit of each row is one of its keys."""
    parts: dict[tuple[str, ...], list[tuple[list[np.ndarray], np.ndarray]]] = {}
    for position, rows in enumerate(program.rows):
        names = [str(name) for name in rows.keys]
        at = program.first_row[position] + np.arange(len(rows))
        keys = [rows.unit, *(rows.keys[name].to_numpy() for name in names)]
        parts.setdefault((rows.rule, rows.sense, *names), []).append((keys, at))
    found = {}
    for name, some in parts.items():
        columns = zip(*(keys for keys, _ in some), strict=True)
        found[name] = Block(tuple(np.concatenate(column) for column in columns), np.concatenate([at for _, at in some]))
    return found


def found_in(wanted: Block, held: Block | None) -> np.ndarray:
    """Where each of ``wanted`` stands among ``held``; −1 where it does not."""
    if held is None or not len(wanted.at):
        return np.full(len(wanted.at), -1, dtype=np.int64)
    if len(wanted.at) == len(held.at) and all(a is b or bool((a == b).all()) for a, b in zip(wanted.keys, held.keys, strict=True)):
        return held.at
    if len(held.place) < len(held.at):  # two of one name cannot be told apart
        return np.full(len(wanted.at), -1, dtype=np.int64)
    keys = zip(*(key.tolist() for key in wanted.keys), strict=True)
    return np.array([held.place.get(key, -1) for key in keys], dtype=np.int64)


@dataclass
class Held:
    """A live HiGHS object: the program it was made for, where decisions and rows stand in it, its coefficients (by row ·
    columns + column, in that order), the basis of the last plan and the one it stands at, as far as that is known."""

    live: Any
    program: Program
    columns: Blocks
    rows: Blocks
    cell: np.ndarray
    coefficient: np.ndarray
    basis: Any
    stands: Any

    def place_for(self, program: Program, columns: Blocks, rows: Blocks) -> tuple[Place | None, str]:
        """Where a program stands in the object; or None and, as a text, what of it the object lacks."""
        column_at, row_at = np.zeros(program.columns.count, dtype=np.int64), np.zeros(sum(map(len, program.rows)), dtype=np.int64)
        lacking = []
        for wanted, held, numbers in ((rows, self.rows, row_at), (columns, self.columns, column_at)):
            for name, block in wanted.items():
                at = found_in(block, held.get(name))
                numbers[block.at] = at
                if (at < 0).any():
                    lacking.append(_new(name, block, at < 0, is_row=numbers is row_at))
        if lacking:
            return None, say("live.comma").join(lacking[:SHOWN])
        return Place(np.arange(len(column_at)), column_at, row_at), ""

    def patch(self, matrix: Matrix, place: Place) -> None:
        """Give the object the coefficients of a matrix that stands at ``place``; those of other rows and columns stay."""
        width = self.live.getNumCol()
        used_row, used_column = np.zeros(self.live.getNumRow(), dtype=bool), np.zeros(width, dtype=bool)
        used_row[place.row_at] = used_column[place.column_at] = True
        cell, value = _in_order(place.row_at[matrix.row] * width + place.column_at[matrix.column], matrix.coefficient)
        inside = used_row[self.cell // width] & used_column[self.cell % width]
        old, was = self.cell[inside], self.coefficient[inside]
        gone = old[~np.isin(old, cell, assume_unique=True)]
        known = np.searchsorted(old, cell)
        same = known < len(old)
        same[same] = (old[known[same]] == cell[same]) & (was[known[same]] == value[same])
        changes = [(gone, np.zeros(len(gone))), (cell[~same], value[~same])]
        for cells, values in changes:
            set_coefficients(self.live, cells // width, cells % width, values)
        kept = np.concatenate([self.cell[~inside], cell]), np.concatenate([self.coefficient[~inside], value])
        self.cell, self.coefficient = _in_order(*kept)


def _in_order(cell: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(cell, kind="stable")
    return cell[order], value[order]


def _new(name: tuple[str, ...], block: Block, new: np.ndarray, is_row: bool) -> str:
    """How many rows or decisions are new, and whose."""
    count = int(new.sum())
    if not is_row:
        return say("live.new_decisions", count=count, kind=name[0])
    rule, _, *keys = name
    if "name" not in keys:
        return say("live.new_rows", count=count, rule=rule)
    named = sorted({str(text) for text in block.keys[1 + keys.index("name")][new]})
    return say("live.new_rows_of", count=count, rule=rule, names=say("live.comma").join(named[:SHOWN]))


class Live:
    """Decides instances of one county one after another, each from the plan before it where that is possible.

    ``solver`` is highs or cbc; cbc and programs with yes-or-no choices start anew each time. Plans do not depend on what
    was decided before: every restart is verified, and the tie-break settles degenerate plans.
    """

    def __init__(self, solver: str = "highs") -> None:
        check_solver(solver)
        self.solver = solver
        self.held: list[Held] = []
        self._last: Program | None = None

    def decide(self, instance: Instance) -> Plan:
        """The plan of an instance: all stages, the tie-break and practical units, as ``solve``, but without the plan
        nobody could refuse. ``restarted`` and ``rebuilt_because`` of the plan say how it was found.

        Raises NoPlan, SolverStopped and InputError as ``solve`` does; what comes next is not touched by that.
        """
        assert not instance.is_uncertain, "a plan for an uncertain season is decided by decide_uncertain"
        if instance.settings.planting == "alone":
            return replace(decide_alone(instance, self.solver), rebuilt_because=say("live.alone"))
        phases: dict[str, Phase] = {}
        with phase("build", phases):
            program = self.build(instance)
        return self.plan(program, phases)

    def plan(self, program: Program, phases: dict[str, Phase] | None = None, answers: Answers = with_floors_kept) -> Plan:
        """The same for a program that was built already; ``answers`` takes its solver through the stages."""
        phases = {} if phases is None else phases
        notes: list[str] = []
        engine, because = self._engine(program)
        restarts = engine.live is not None
        with phase("solve", phases):
            found = answers(program, engine, notes)
        because = self._settle(program, engine, because)
        plan = plan_of(program, engine, found, notes, phases)
        return replace(plan, restarted=restarts and not because, rebuilt_because=because)

    def answer(self, program: Program) -> Answer:
        """The optimum of a program's first objective alone (negated where it is minimised); check ``status`` before
        reading values."""
        engine, because = self._engine(program)
        answer = engine.solve()
        if answer.status == OPTIMAL:
            engine.keep_basis()
            self._settle(program, engine, because)
        return answer

    def build(self, instance: Instance) -> Program:
        """The program, made of parts of one before it where they have the same goods or decisions."""
        before = ([self._last] if self._last is not None else []) + [held.program for held in self.held]
        like = next((p for same in (has_the_same_goods, has_the_same_decisions) for p in before if same(instance, p)), None)
        self._last = build(instance, like)
        return self._last

    def _engine(self, program: Program) -> tuple[Solver, str]:
        """A solver of the program, on a live object if one can hold it; else why none can ('' where there is none yet)."""
        matrix = to_matrix(program)
        cold = Solver(matrix, self.solver, program.instance.settings.integer_gap)
        if self.solver != "highs":
            return cold, say("live.solver", solver=self.solver)
        if matrix.integer.any():
            return cold, say("live.choices")
        columns, rows = column_blocks(program), row_blocks(program)
        because = ""
        for held in self.held:
            place, lacks = held.place_for(program, columns, rows)
            if place is None:
                because = because or lacks
                continue
            held.patch(matrix, place)
            engine = replace(cold, live=held.live, place=place, basis=held.basis, stands=held.stands, limit=limit_of(matrix))
            engine.back_to_basis()
            held.stands = None  # until it is settled: what comes now may end anywhere
            return engine, ""
        return cold, because

    def _settle(self, program: Program, engine: Solver, because: str) -> str:
        """Keep the live object of a plan; why the plan was not found by restarts alone, '' if it was or is the first."""
        if engine.live is None:
            return because
        for held in self.held:
            if held.live is engine.live:
                held.basis, held.stands = engine.basis, engine.stands
                return because
        assert engine.place is not None
        self.held = [_hold(program, engine, engine.place), *self.held][:KEPT]
        if engine.stopped and engine.limit is not None:
            key = "live.limit" if engine.stopped == LIMIT else "live.stopped"
            return say(key, limit=engine.limit, status=engine.stopped)
        return because


def limit_of(matrix: Matrix) -> int:
    """The most simplex steps that a restart of a program may take."""
    return max(LEAST_LIMIT, len(matrix.rhs) // 2)


def _hold(program: Program, engine: Solver, place: Place) -> Held:
    """The live object of a cold solve, with where everything stands in it."""
    matrix = engine.matrix
    column_at = np.full(len(matrix.cost), -1, dtype=np.int64)
    column_at[place.columns] = place.column_at
    columns = {name: replace(block, at=column_at[block.at]) for name, block in column_blocks(program).items()}
    rows = {name: replace(block, at=place.row_at[block.at]) for name, block in row_blocks(program).items()}
    cell = place.row_at[matrix.row] * engine.live.getNumCol() + column_at[matrix.column]
    return Held(engine.live, program, columns, rows, *_in_order(cell, matrix.coefficient), engine.basis, engine.stands)
