"""The program as a function of one factor: built thrice, then only numbers of its matrix move.

Where an attribute is multiplied by a factor, every number of the program is a constant plus the factor times another as long
as no decision and no row comes or goes. That is not taken on trust: the program is built at three factors and the third must
lie on the line through the other two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.household.figures import by_product
from optimizer.instance.instance import Instance
from optimizer.problems import InputError, NoPlan
from optimizer.program.arrays import to_matrix
from optimizer.program.matrix import NO_LIMIT, Matrix
from optimizer.program.parties import TERMS
from optimizer.program.program import Program, build
from optimizer.program.rows import AT_LEAST, AT_MOST, FIGURE_KEYS, Columns, make_rows, terms_of
from optimizer.texts import say

ON_THE_LINE = 1e-6
"""How far (relative) a number may lie from the line: prices are kept to six decimals, which bends it by so much."""


class NotLinear(Exception):
    """The program cannot be followed from one factor to another; the message says why."""


@dataclass(frozen=True)
class Measured:
    """A program with what switching values need beside it, all of it without any effect until its limits are set.

    Decisions: ``moved[base, product]`` mu by which planting differs from a given plan (to either side), and
    ``short[party, id]`` yuan by which a company or base stays below a given balance. Rows: planted mu − moved ≤ limit
    (``more``), planted mu + moved ≥ limit (``less``), balance + short ≥ limit (``whole``). ``more``, ``less`` and ``whole`` are
    the numbers of these rows, ``parties`` names (party, id) those of the last.
    """

    program: Program
    more: slice
    less: slice
    whole: slice
    parties: tuple[tuple[str, str], ...]

    @property
    def moved(self) -> np.ndarray:
        return np.asarray(self.program.columns["moved"]["column"])

    @property
    def short(self) -> np.ndarray:
        return np.asarray(self.program.columns["short"]["column"])

    @property
    def area(self) -> np.ndarray:
        return np.asarray(self.program.columns["area"]["column"])

    def rows_of(self, rule: str) -> np.ndarray:
        """The numbers of all rows of a rule."""
        program = self.program
        spans = [np.arange(len(r)) + program.first_row[i] for i, r in enumerate(program.rows) if r.rule == rule]
        return np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)


def crops(program: Program) -> pd.DataFrame:
    """Area decisions by base and product, as in ``Outcome.areas``: base, product, column, coefficient (mu of the product per
    mu of the decision)."""
    found = by_product(program.instance, program.columns["area"])
    return found.rename(columns={"part": "coefficient"})[["base", "product", "column", "coefficient"]]


def measured(instance: Instance) -> Measured:
    """The program of an instance with the decisions and rows of ``Measured``. Raises NoPlan as ``build`` does."""
    program = build(instance)
    columns = Columns(dict(program.columns.frames), dict(program.columns.units), program.columns.count)
    planted = crops(program)
    moved = columns.add("moved", "mu", planted[["base", "product"]].drop_duplicates())
    money = program.parties if len(program.parties) else pd.DataFrame(columns=TERMS)
    money = money[money["party"].isin(["company", "base"])]
    short = columns.add("short", "yuan", money[["party", "id"]].drop_duplicates())
    place, whose = ["base", "product"], ["party", "id"]
    money = money.rename(columns={"yuan": "coefficient"})[[*whose, "column", "coefficient"]]
    added = [
        make_rows("more_moved", "mu", place, [planted, terms_of(moved, -1.0)], AT_MOST, NO_LIMIT),
        make_rows("less_moved", "mu", place, [planted, terms_of(moved)], AT_LEAST, -NO_LIMIT),
        make_rows("whole", "yuan", whose, [money, terms_of(short)], AT_LEAST, -NO_LIMIT),
    ]
    first = sum(len(rows) for rows in program.rows)
    ends = np.cumsum([first, *(len(rows) for rows in added)]).tolist()
    parties = tuple(added[2].keys[whose].itertuples(index=False, name=None))
    larger = replace(program, columns=columns, rows=(*program.rows, *(rows for rows in added if len(rows))))
    return Measured(larger, slice(ends[0], ends[1]), slice(ends[1], ends[2]), slice(ends[2], ends[3]), parties)


@dataclass(frozen=True)
class Moving:
    """A matrix at factor 1 and how much each of its numbers changes per unit of the factor."""

    origin: Matrix
    slope: dict[str, np.ndarray]

    def at(self, factor: float) -> Matrix:
        """The matrix at a factor; its arrays are its own."""
        away = factor - 1.0
        return replace(self.origin, **{name: getattr(self.origin, name) + away * per_unit for name, per_unit in self.slope.items()})


PLAIN = ("cost", "lower", "upper", "rhs")


def follow(origin: Measured, others: Sequence[tuple[float, Instance]]) -> Moving:
    """How the program ``origin`` (factor 1) moves, learned from the instances at two other factors.

    Raises NotLinear if one of them cannot be, has other decisions or rows, or does not lie on the line.
    """
    programs = [(1.0, origin.program), *((factor, _measured_there(factor, instance).program) for factor, instance in others)]
    for _, program in programs[1:]:
        _require_same(origin.program, program)
    matrices = _aligned([to_matrix(program) for _, program in programs], origin.program.columns.count)
    factors = [factor for factor, _ in programs]
    far, middle = (1, 2) if abs(factors[1] - 1.0) >= abs(factors[2] - 1.0) else (2, 1)
    slope = {}
    for name in (*PLAIN, "coefficient"):
        start, end, between = (getattr(matrices[i], name) for i in (0, far, middle))
        with np.errstate(invalid="ignore"):
            per_unit = np.where(start == end, 0.0, (end - start) / (factors[far] - 1.0))
            expected = start + per_unit * (factors[middle] - 1.0)
            size = np.maximum(np.abs(between), np.abs(start))
            off = ~((between == expected) | (np.abs(between - expected) <= ON_THE_LINE * np.maximum(size, 1e-9)))
        if off.any():
            raise NotLinear(say("sensitivity.bent", what=_place(origin.program, matrices[0], name, int(np.flatnonzero(off)[0]))))
        slope[name] = per_unit
    return Moving(matrices[0], slope)


def _measured_there(factor: float, instance: Instance) -> Measured:
    try:
        return measured(instance)
    except (InputError, NoPlan) as error:
        raise NotLinear(say("sensitivity.no_program", factor=f"{factor:g}", why=" ".join(error.lines))) from error


def _require_same(one: Program, other: Program) -> None:
    """Raises NotLinear unless both programs have the same decisions and rows."""
    for kind in one.columns.frames:
        keys = [key for key in one.columns.keys_of(kind) if key not in FIGURE_KEYS]
        if not one.columns[kind][keys].equals(other.columns[kind][keys]):
            raise NotLinear(say("sensitivity.other_decisions", kind=kind))
    rules = [rows.rule for rows in one.rows]
    if rules != [rows.rule for rows in other.rows]:
        differing = sorted(set(rules).symmetric_difference(rows.rule for rows in other.rows))
        raise NotLinear(say("sensitivity.other_rows", rule=", ".join(differing)))
    for mine, theirs in zip(one.rows, other.rows, strict=True):
        if mine.sense != theirs.sense or not mine.keys.equals(theirs.keys):
            raise NotLinear(say("sensitivity.other_rows", rule=mine.rule))


def _aligned(matrices: list[Matrix], count: int) -> list[Matrix]:
    """The same matrices with one pattern of terms: where one has no term it has the coefficient 0."""
    places = [m.row.astype(np.int64) * count + m.column for m in matrices]
    every = np.unique(np.concatenate(places))
    found = []
    for matrix, place in zip(matrices, places, strict=True):
        coefficient = np.zeros(len(every))
        coefficient[np.searchsorted(every, place)] = matrix.coefficient
        found.append(replace(matrix, row=every // count, column=every % count, coefficient=coefficient))
    return found


def _place(program: Program, matrix: Matrix, name: str, index: int) -> str:
    """The kind of decision or the rule a number of the matrix belongs to."""
    if name in ("rhs", "coefficient"):
        row = index if name == "rhs" else int(matrix.row[index])
        return next(rows.rule for i, rows in reversed(list(enumerate(program.rows))) if program.first_row[i] <= row)
    return next(kind for kind, frame in program.columns.frames.items() if index in set(frame["column"]))
