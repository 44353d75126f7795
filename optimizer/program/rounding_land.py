"""Practical areas: down to 0.01 mu, and up again by one step wherever land, caps and hands leave room.

An area a step above the program's costs a step of inputs, one below it loses a step of harvest; the first keeps what was
promised (contracts, own use, floors), so that it is taken where it is possible. Harvests stay those of the program.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.program.matrix import Matrix
from optimizer.program.program import Program
from optimizer.program.resources import KEYS as RESOURCE
from optimizer.program.resources import resource_uses
from optimizer.program.rows import AT_MOST

NEAR = 1e-4
"""A figure this close (in units) to a whole number of units is that number: stages leave a slack of 10⁻⁷ of the optimum."""
NOTHING = 1e-12


@dataclass(frozen=True)
class Units:
    """Practical units: mu of area and tonnes of goods."""

    mu: float
    tonne: float


def down(values: np.ndarray | pd.Series | float, unit: float) -> np.ndarray:
    """The greatest multiple of ``unit`` not above each value (a value just below one counts as it)."""
    return np.floor(np.asarray(values, dtype=float) / unit + NEAR) * unit


def up(values: np.ndarray | pd.Series | float, unit: float) -> np.ndarray:
    """The least multiple of ``unit`` not below each value."""
    return np.ceil(np.asarray(values, dtype=float) / unit - NEAR) * unit


class Room:
    """How much more a column may take before one of its caps is full; keeps the left-hand sides as values change."""

    def __init__(self, matrix: Matrix, rounded: np.ndarray, columns: Iterable[int]) -> None:
        self.matrix, self.rounded = matrix, rounded
        used = np.isin(matrix.column, np.fromiter(columns, dtype=np.int64)) & (matrix.sense[matrix.row] == AT_MOST)
        order = np.argsort(matrix.column[used], kind="stable")
        self.row, self.column = matrix.row[used][order], matrix.column[used][order]
        self.coefficient = matrix.coefficient[used][order]
        self.left = matrix.activity(rounded)
        found, first, count = np.unique(self.column, return_index=True, return_counts=True)
        self.span = dict(zip(found.tolist(), map(slice, first.tolist(), (first + count).tolist()), strict=True))

    def _terms(self, column: int) -> slice:
        return self.span.get(int(column), slice(0, 0))

    def set(self, column: int, value: float) -> None:
        if value == self.rounded[column]:
            return
        terms = self._terms(column)
        self.left[self.row[terms]] += self.coefficient[terms] * (value - self.rounded[column])
        self.rounded[column] = value

    def broken(self, column: int, amount: float) -> np.ndarray:
        """The caps that ``amount`` more of a column would break."""
        terms = self._terms(column)
        rows, coefficients = self.row[terms], self.coefficient[terms]
        rhs = self.matrix.rhs[rows]
        after = self.left[rows] + coefficients * amount
        return rows[(coefficients > 0) & (after > rhs + 1e-9 * (1 + np.abs(rhs)))]

    def takes(self, column: int, amount: float) -> bool:
        return not len(self.broken(column, amount))


def round_areas(program: Program, matrix: Matrix, rounded: np.ndarray, units: Units) -> None:
    """Areas and rented land in whole units. What they use beyond the program's use is added to its sources."""
    exact = rounded.copy()
    area = program.columns["area"]["column"].to_numpy()
    rented = program.columns["rented"]
    rounded[area] = down(rounded[area], units.mu)
    limit = rented.merge(program.instance.table("land"), on=["base", "land_class"], how="left")["area_mu"].to_numpy()
    rounded[rented["column"]] = np.minimum(up(rounded[rented["column"]], units.mu), limit)
    _keep_caps(matrix, rounded, area, units)
    _raise(program, matrix, rounded, exact, units)


def _keep_caps(matrix: Matrix, rounded: np.ndarray, area: np.ndarray, units: Units) -> None:
    """Rounding down a denominator can break a cap on a share; areas above it give way, one cap after the other."""
    is_area = np.zeros(len(rounded), dtype=bool)
    is_area[area] = True
    order = np.argsort(matrix.row, kind="stable")
    bounds = np.searchsorted(matrix.row[order], np.arange(len(matrix.rhs) + 1))
    inside = np.bincount(matrix.row, weights=~is_area[matrix.column], minlength=len(matrix.rhs)) == 0
    caps = np.flatnonzero((matrix.sense == AT_MOST) & inside)
    for _ in range(1000):
        left = matrix.activity(rounded)
        broken = caps[left[caps] > matrix.rhs[caps] + 1e-9 * (1 + np.abs(matrix.rhs[caps]))]
        if not len(broken):
            return
        for row in broken:
            terms = order[bounds[row] : bounds[row + 1]]
            columns, coefficients = matrix.column[terms], matrix.coefficient[terms]
            excess = float(coefficients @ rounded[columns] - matrix.rhs[row])
            give = np.where(coefficients > 0, rounded[columns], 0.0)
            if excess <= 0 or give.max(initial=0.0) <= 0:
                continue
            largest = int(np.argmax(give))
            cut = min(up(excess / coefficients[largest], units.mu), give[largest])
            rounded[columns[largest]] = down(rounded[columns[largest]] - cut, units.mu)


# --- one step up -------------------------------------------------------------------------------------------------


def _raise(program: Program, matrix: Matrix, rounded: np.ndarray, exact: np.ndarray, units: Units) -> None:
    """Raise what lost most first. What uses goods up (feed) stays down, so that what was planned for it suffices."""
    area = program.columns["area"]["column"].to_numpy()
    uses_goods = {int(c) for rows in program.rows if rows.rule == "consume" for c in rows.column}
    lost = exact[area] - rounded[area]
    able = (lost > NEAR * units.mu) & (rounded[area] + units.mu <= matrix.upper[area] + NOTHING)
    wanted = set(area[able].tolist()) - uses_goods
    chosen = [int(c) for c in area[np.lexsort((area, -lost))] if int(c) in wanted]
    if not chosen:
        return
    hands = _Hands(program, rounded, exact)
    rented = {int(c) for c in program.columns["rented"]["column"]}
    room = Room(matrix, rounded, {*chosen, *rented, *hands.sources_of})
    land = _land_of(program, rented)
    for column in chosen:
        before: dict[int, float] = {}
        if not (_fits(room, column, land, before, units) and hands.found(room, column, units.mu, before)):
            for changed, value in reversed(before.items()):
                room.set(changed, value)


def _fits(room: Room, column: int, land: dict[int, int], before: dict[int, float], units: Units) -> bool:
    """One step more of an area, with one step more land rented for it where that is to be had."""
    while len(broken := room.broken(column, units.mu)):
        plot = land.get(int(broken[0]), -1)
        if plot < 0 or plot in before or not room.takes(plot, units.mu):
            return False
        before[plot] = float(room.rounded[plot])
        room.set(plot, float(down(room.rounded[plot] + units.mu, units.mu)))
    before[column] = float(room.rounded[column])
    room.set(column, float(down(room.rounded[column] + units.mu, units.mu)))
    return True


def _land_of(program: Program, rented: set[int]) -> dict[int, int]:
    """The rented land that each row of rule ``land`` stands on."""
    found = {}
    for position, rows in enumerate(program.rows):
        if rows.rule == "land":
            start = program.first_row[position]
            found.update({start + int(row): int(c) for row, c in zip(rows.row, rows.column, strict=True) if int(c) in rented})
    return found


class _Hands:
    """Where what one more step of an area uses comes from: what the rounding down has freed, else more of a source."""

    def __init__(self, program: Program, rounded: np.ndarray, exact: np.ndarray) -> None:
        uses = uses_of(program)
        freed = uses.assign(freed=uses["coefficient"] * (exact - rounded)[uses["column"]])
        self.free = {key: float(value) for key, value in freed.groupby(RESOURCE)["freed"].sum().items()}
        self.uses, self.sources = program.once("hands", lambda: _uses_and_sources(program))
        self.sources_of = [c for columns in self.sources.values() for c in columns]

    def found(self, room: Room, column: int, step: float, before: dict[int, float]) -> bool:
        """Whether there is enough for a step of the area; sources that give more are noted in ``before``."""
        left: dict[tuple[str, ...], float] = {}
        for key, coefficient in self.uses.get(column, []):
            free = left.get(key, self.free.get(key, 0.0)) - coefficient * step
            if free < -NOTHING:
                source = next((s for s in self.sources.get(key, []) if room.takes(s, -free)), None)
                if source is None:
                    return False
                before.setdefault(source, float(room.rounded[source]))
                room.set(source, float(room.rounded[source]) - free)
                free = 0.0
            left[key] = free
        self.free.update(left)
        return True


def uses_of(program: Program) -> pd.DataFrame:
    """What decisions use of resources (``resource_uses``), worked out once."""
    return program.once("resource_uses", lambda: resource_uses(program.instance, program.columns))


def _uses_and_sources(program: Program) -> tuple[dict[int, list[tuple[tuple[str, ...], float]]], dict[tuple[str, ...], list[int]]]:
    """What each decision uses per unit, and the decisions that each resource of a base and period comes from."""
    uses: dict[int, list[tuple[tuple[str, ...], float]]] = {}
    for *key, column, coefficient in uses_of(program)[[*RESOURCE, "column", "coefficient"]].itertuples(index=False):
        uses.setdefault(int(column), []).append((tuple(key), float(coefficient)))
    sources: dict[tuple[str, ...], list[int]] = {}
    for kind in ("own", "work", "hire"):
        for *key, column in program.columns[kind][[*RESOURCE, "column"]].itertuples(index=False):
            if int(column) not in uses:  # hiring that itself uses a resource (credit) is left as it is
                sources.setdefault(tuple(key), []).append(int(column))
    return uses, sources
