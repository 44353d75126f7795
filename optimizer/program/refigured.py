"""Rows as they would be with another figure: for figures that stand among coefficients, and to be sure of a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from optimizer.instance.changes import Change
from optimizer.instance.changes_tables import change_tables
from optimizer.instance.instance import Instance
from optimizer.problems import OptimizerError, Problem
from optimizer.program.arrays import assembled
from optimizer.program.elastic import Laid, has_plan
from optimizer.program.levers import DOWN, RULE, UP, Lever
from optimizer.program.matrix import Matrix
from optimizer.program.program import RULES, build
from optimizer.program.rows import AT_MOST
from optimizer.program.solver import LARGE

RULE_OF = {name: function for function in RULES for name in function.row_names}  # type: ignore[attr-defined]
"""The rule (function) that gives the rows of each name."""

MOST_COUNT = 1000
"""The greatest number a rule may state."""


@dataclass(frozen=True)
class Terms:
    """The rows of a lever with another figure: their terms by the numbers of the whole program, and their right-hand sides."""

    row: np.ndarray
    column: np.ndarray
    coefficient: np.ndarray
    numbers: np.ndarray
    rhs: np.ndarray

    def left(self, values: np.ndarray, height: int) -> np.ndarray:
        """Left side less right-hand side of each row, by its number."""
        found = np.bincount(self.row, weights=self.coefficient * values[self.column], minlength=height)
        found[self.numbers] -= self.rhs
        return found


def terms_at(of: Laid, lever: Lever, value: float) -> Terms | None:
    """The rows of a lever of table rules with ``value`` for its figure; None where the program lays several years side by side."""
    program, instance = of.program, of.program.instance
    if lever.kind != RULE or any("scenario" in rows.keys for rows in of.blocks):
        return None
    name = dict(lever.where)["name"]
    table = instance.table("rules")
    cells = table[lever.column].astype(object).to_numpy(copy=True)
    cells[(table["name"] == name).to_numpy()] = Fraction(value).limit_denominator(10**6) if lever.column == "share" else value
    changed = replace(instance, tables={**instance.tables, "rules": table.assign(**{lever.column: cells})})
    made = RULE_OF[lever.rule](changed, program.columns)
    known = {}
    for number in lever.rows.tolist():
        rows, at = of.at(number)
        known[tuple(rows.keys.iloc[at].astype(str))] = number
    row, column, coefficient, numbers, rhs = [], [], [], [], []
    for rows in made if isinstance(made, list) else [made]:
        if rows.rule != lever.rule or not len(rows):
            continue
        place = np.array([known.get(tuple(keys), -1) for keys in rows.keys.astype(str).itertuples(index=False, name=None)])
        mine = place[rows.row] >= 0
        row.append(place[rows.row[mine]])
        column.append(rows.column[mine])
        coefficient.append(rows.coefficient[mine])
        numbers.append(place[place >= 0])
        rhs.append(rows.rhs[place >= 0])
    if not numbers:
        return None
    return Terms(*(np.concatenate(part) for part in (row, column, coefficient, numbers, rhs)))


def with_terms(matrix: Matrix, lever: Lever, terms: Terms) -> Matrix:
    """The matrix with the rows of a lever as ``terms`` has them."""
    kept = ~np.isin(matrix.row, lever.rows)
    rhs = matrix.rhs.copy()
    rhs[terms.numbers] = terms.rhs
    return replace(
        matrix,
        rhs=rhs,
        row=np.concatenate([matrix.row[kept], terms.row]),
        column=np.concatenate([matrix.column[kept], terms.column]),
        coefficient=np.concatenate([matrix.coefficient[kept], terms.coefficient]),
    )


def end_of(lever: Lever) -> float:
    """How far a figure of table rules that stands among coefficients can be moved to loosen its rows."""
    if lever.column == "share":
        return 1.0 if lever.way == UP else 0.0
    if lever.column == "count":
        return float(MOST_COUNT) if lever.way == UP else 1.0
    return 0.0


def figure_for(of: Laid, lever: Lever, values: np.ndarray) -> float | None:
    """The figure, nearest to the one now, under which ``values`` of all decisions keep the rows of the lever; None if none does.

    Both sides of a row are linear in the figure, so that two figures tell what it does for given decisions.
    """
    end = end_of(lever)
    other = (lever.old + end) / 2 if lever.column != "count" else lever.old + lever.way
    if other == lever.old or (lever.column == "count" and lever.way == DOWN and lever.old <= 1):
        return None
    now, then = terms_at(of, lever, lever.old), terms_at(of, lever, other)
    if now is None or then is None:
        return None
    height = len(of.matrix.rhs)
    missed, after = now.left(values, height)[lever.rows], then.left(values, height)[lever.rows]
    sign = np.where(of.matrix.sense[lever.rows] == AT_MOST, 1.0, -1.0)
    missed, slope = sign * missed, sign * (after - missed) / (other - lever.old)
    wrong = missed > 1e-9
    if (slope[wrong] * lever.way >= 0).any():
        return None
    return lever.old + lever.way * float((missed[wrong] / np.abs(slope[wrong])).max(initial=0.0))


def is_possible(of: Laid, lever: Lever, value: float) -> bool:
    """Whether there is a plan with ``value`` for a figure that stands among coefficients."""
    terms = terms_at(of, lever, value)
    return terms is not None and has_plan(with_terms(of.matrix, lever, terms))


def is_small(of: Laid) -> bool:
    """Whether the program can be solved some dozens of times while somebody waits."""
    return len(of.matrix.cost) <= LARGE


def is_as_built(of: Laid) -> bool:
    """Whether the program stands as the data alone make it: nothing fixed, tightened or laid side by side beforehand."""
    program = of.program
    if any("scenario" in rows.keys for rows in program.rows):
        return False
    whole, height = assembled(program.columns, program.rows), sum(len(rows) for rows in program.rows)
    return np.array_equal(whole.rhs, of.matrix.rhs[:height]) and np.array_equal(whole.sense, of.matrix.sense[:height])


def holds(instance: Instance, changes: Sequence[Change]) -> bool:
    """Whether the county has a plan after changes of its tables."""
    tables, problems = dict(instance.tables), list[Problem]()
    names = change_tables(tables, changes, instance.names, problems)
    if problems:
        return False
    try:
        program = build(replace(instance, tables=tables, names=names))
    except OptimizerError:
        return False
    return has_plan(assembled(program.columns, program.rows))
