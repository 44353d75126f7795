"""The least change of the data that makes a plan possible: one figure if one is enough, else the smallest set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import numpy as np

from optimizer.instance.changes import Change
from optimizer.instance.registry import Attribute, registry
from optimizer.program.answer import OPTIMAL, Answer
from optimizer.program.elastic import NOTHING, SCALE, Elastic
from optimizer.program.levers import SWITCH, WHOLE, Lever, levers
from optimizer.program.refigured import end_of, figure_for, holds, is_as_built, is_possible, is_small

STEPS = {"integer": Fraction(1), "share": Fraction(1, 1000)}
"""The steps in which figures of a kind are suggested."""

YUAN_STEP, STEP = Fraction(1), Fraction(1, 100)
"""The same for yuan, and for everything else: 0.01 mu, t or days."""

NUDGE = 1e-9
"""So much (relative above 100) the figure of a solver may be off and still be the round one next to it."""

LEAVING_OUT = 10.0
"""How much more it weighs to leave a rule out than to let it give way where it must."""

SHOWN = 3
"""Single changes that are suggested at most; one where a single solve takes seconds."""

TRIES, TRIES_LARGE = 60, 3
"""Levers that are tried at most, and where a single solve takes seconds."""

ROWS_LARGE = 100
"""Rows of a conflict whose levers are looked at where a single solve takes seconds: those with the greatest part of their weight as
price."""

NEARLY = 1 - 1e-6
"""A bound on a weight is reached within this part of it."""

TINY = 1e-10
"""A price below this is what a solver leaves of zero."""


@dataclass(frozen=True)
class Remedy:
    """A change of the data: the lever, its new figure (None: left out or switched), and what that weighs in yuan."""

    lever: Lever
    value: Fraction | None
    weight: float

    @property
    def change(self) -> Change:
        if self.lever.kind == SWITCH:
            return self.lever.change("no")
        return self.lever.change("" if self.value is None else shown(self.value))


@dataclass(frozen=True)
class Remedies:
    """``single``: changes that are each enough, the cheapest first. ``together``: where no single one was found, changes that
    together are enough. ``is_proven``: every single change that could be enough was looked at."""

    single: tuple[Remedy, ...]
    together: tuple[Remedy, ...]
    is_proven: bool


def shown(value: Fraction) -> str:
    """A figure as it is typed: no more decimals than it has."""
    text = f"{float(value):.3f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _attribute(lever: Lever) -> Attribute | None:
    """What the registry says of a lever's figure; None for one of the settings."""
    table = registry().get(lever.table)
    return next((a for a in table.attributes if a.column == lever.column), None) if table is not None else None


def step_of(lever: Lever) -> Fraction:
    """The step in which a lever's figure is suggested."""
    attribute = _attribute(lever)
    if attribute is not None and attribute.kind in STEPS:
        return STEPS[attribute.kind]
    is_yuan = (lever.unit == "yuan" and lever.kind != "rule") or lever.column.endswith("_yuan")
    return YUAN_STEP if is_yuan else STEP


def rounded(lever: Lever, exact: float) -> Fraction | None:
    """The figure in steps, on the side that leaves a plan; None where the table does not take it."""
    step = step_of(lever)
    near = NUDGE * max(100.0, abs(exact))
    rises = exact > lever.old
    steps = ceil((exact - near) / float(step)) if rises else floor((exact + near) / float(step))
    value = steps * step
    attribute = _attribute(lever)
    if attribute is None:
        return value
    low = attribute.low if attribute.low is not None else -np.inf
    high = attribute.high if attribute.high is not None else np.inf
    return value if low <= value <= high else None


def remedies(of: Elastic, first: Answer) -> Remedies:
    """What could be changed, from the least weighted breach ``first``.

    Any single change that is enough loosens a row of every conflict, so that only levers of rows with a price in ``first`` come
    into question; each that is tried and is not enough shows another conflict and rules out what stands in none of its rows.
    What a price says is a bound on how far a figure must move at least: once as many are found as are shown, and the next
    one cannot be cheaper, the search ends.
    """
    laid = of.laid
    conflict = _in_conflict(of, first)
    nearest = conflict if is_small(laid) else _nearest(of, first)
    found = levers(laid.program, laid.blocks, laid.starts, nearest)
    of.take(found)
    single, is_proven = _single(of, found, first)
    is_proven &= len(nearest) == len(conflict)
    if single:
        return Remedies(tuple(sorted(single, key=lambda remedy: (remedy.weight, str(remedy.change)))[:SHOWN]), (), is_proven)
    return Remedies((), _together(of, found), is_proven)


def _in_conflict(of: Elastic, answer: Answer) -> np.ndarray:
    """The rows that stand in a conflict: those with a price. All soft ones where choices hide the prices."""
    if not of.engine.matrix.integer.any():
        return np.flatnonzero(np.abs(answer.row_price) > TINY)
    relaxed = replace(of, engine=replace(of.engine, live=None, matrix=replace(of.engine.matrix, integer=np.zeros(of.width, dtype=bool))))
    answer = relaxed.least()
    if answer.status == OPTIMAL and relaxed.breach(answer).any():
        return np.flatnonzero(np.abs(answer.row_price) > TINY)
    return np.unique(of.rows)


def _nearest(of: Elastic, answer: Answer) -> np.ndarray:
    """The rows that weigh least where they alone give way: those whose price comes nearest to their weight."""
    part = np.abs(np.nan_to_num(answer.row_price[of.rows])) / of.weight
    best = np.argsort(-part, kind="stable")[:ROWS_LARGE]
    return np.unique(of.rows[best[part[best] > TINY]])


def _single(of: Elastic, found: Sequence[Lever], first: Answer) -> tuple[list[Remedy], bool]:
    """The levers that are each enough, and whether all that could be were tried."""
    tries, wanted = (TRIES, SHOWN) if is_small(of.laid) else (TRIES_LARGE, 1)
    least = [_least_weight(of, lever, first) for lever in found]
    order = sorted(range(len(found)), key=lambda number: (least[number], str(found[number].change())))
    open_still = set(order)
    single: list[Remedy] = []
    is_proven = True
    for number in order:
        lever = found[number]
        if len(single) >= wanted and least[number] >= NEARLY * sorted(one.weight for one in single)[wanted - 1]:
            return single, is_proven
        is_known = lever.kind == WHOLE and any(one.lever.where == lever.where and one.lever.table == lever.table for one in single)
        if number not in open_still or is_known:
            continue
        if not tries:
            return single, False
        tries -= 1
        free = _freed(of, lever)
        answer = of.least(free, [number] if lever.is_plain else [])
        if answer.status != OPTIMAL:
            is_proven = False
            continue
        if (of.breach(answer)[~free] > 0).any():
            if not np.isnan(answer.row_price).any() and not of.engine.matrix.integer.any():
                priced = np.abs(answer.row_price) > TINY
                open_still = {other for other in open_still if priced[found[other].rows].any()}
            continue
        remedy = _least_change(of, number, lever)
        if remedy is None:  # it would be enough, but the table takes no such figure
            is_proven = False
        else:
            single.append(remedy)
    return single, is_proven


def _weight_per_unit(lever: Lever) -> float:
    """Yuan per unit of a plain lever's figure: what the row that moves most gives way by."""
    return lever.weight * float(np.abs(lever.per).max())


def _least_weight(of: Elastic, lever: Lever, answer: Answer) -> float:
    """What a lever's change must weigh at least: by the prices of the rows it loosens, which are convex in how far it moves."""
    total = -answer.objective / SCALE
    if not lever.is_plain or np.isnan(answer.row_price).any():
        return total * (LEAVING_OUT if lever.kind == WHOLE else 1.0)
    price = float((np.abs(answer.row_price[lever.rows]) / SCALE * np.abs(lever.per)).sum())
    return total / price * _weight_per_unit(lever) if price > 0 else total


def _freed(of: Elastic, lever: Lever) -> np.ndarray:
    """The elastic decisions a lever stands for that is no figure of right-hand sides alone."""
    if lever.is_plain:
        return np.zeros(len(of.rows), dtype=bool)
    mine = np.isin(of.rows, lever.rows)
    return mine & (of.signs > 0) if lever.kind == SWITCH else mine


def _least_change(of: Elastic, number: int, lever: Lever) -> Remedy | None:
    """The least change of a lever that is enough; None where the table takes no such figure."""
    if lever.is_plain:
        answer = of.cheapest(np.zeros(len(of.rows), dtype=bool), {number: _weight_per_unit(lever)})
    else:
        answer = of.cheapest(_freed(of, lever), {})
    if answer.status != OPTIMAL:
        return None
    remedy = _remedy(of, number, lever, answer)
    if remedy is None or (lever.kind not in (SWITCH, WHOLE) and not lever.is_plain and is_small(of.laid)):
        remedy = _searched(of, lever, answer, remedy)
    return remedy if remedy is not None and _is_sure(of, [remedy]) else None


def _remedy(of: Elastic, number: int, lever: Lever, answer: Answer) -> Remedy | None:
    """A lever's change as an answer has it."""
    if lever.is_plain:
        by = of.moved(answer, number)
        value = rounded(lever, lever.old + by)
        return None if value is None else Remedy(lever, value, abs(by) * _weight_per_unit(lever))
    missed = of.breach(answer)[_freed(of, lever)]
    weight = float((missed * of.weight[_freed(of, lever)]).sum())
    if lever.kind == WHOLE:
        return Remedy(lever, None, LEAVING_OUT * weight)
    if lever.kind == SWITCH:
        return Remedy(lever, None, weight)
    exact = figure_for(of.laid, lever, answer.values[: of.first])
    value = None if exact is None else rounded(lever, exact)
    return None if value is None else Remedy(lever, value, weight)


def _searched(of: Elastic, lever: Lever, answer: Answer, known: Remedy | None) -> Remedy | None:
    """The least figure among coefficients with which there is a plan, by halving: the looser it is, the more plans there are."""
    if lever.is_plain or lever.kind in (SWITCH, WHOLE) or not is_small(of.laid):
        return known
    step = step_of(lever)
    far = known.value if known is not None and known.value is not None else Fraction(end_of(lever))
    if far == lever.old or not is_possible(of.laid, lever, float(far)):
        return None
    way = 1 if far > lever.old else -1
    start = floor(lever.old / float(step)) if way > 0 else ceil(lever.old / float(step))
    no, yes = 0, abs(int(far / step) - start)
    while yes - no > 1:
        middle = (no + yes) // 2
        if is_possible(of.laid, lever, float((start + way * middle) * step)):
            yes = middle
        else:
            no = middle
    weight = float((of.breach(answer)[_freed(of, lever)] * of.weight[_freed(of, lever)]).sum())
    return Remedy(lever, (start + way * yes) * step, weight)


def _together(of: Elastic, found: Sequence[Lever]) -> tuple[Remedy, ...]:
    """The changes of least weight that together are enough; none where rows would have to give way that no change loosens.

    A rule that has a figure is left out only where no figures are enough.
    """
    figures = {(lever.table, lever.where) for lever in found if lever.kind != WHOLE}
    first = [number for number, lever in enumerate(found) if lever.kind != WHOLE or (lever.table, lever.where) not in figures]
    return _set_of(of, found, first) or _set_of(of, found, range(len(found)))


def _set_of(of: Elastic, found: Sequence[Lever], numbers: Sequence[int]) -> tuple[Remedy, ...]:
    """The same among some levers, by their numbers."""
    plain = {number: _weight_per_unit(found[number]) for number in numbers if found[number].is_plain}
    others = sorted((number for number in numbers if number not in plain), key=lambda number: found[number].kind == WHOLE)
    free = np.zeros(len(of.rows), dtype=bool)
    for number in others:
        free |= _freed(of, found[number])
    answer = of.cheapest(free, plain)
    if answer.status != OPTIMAL:
        return ()
    chosen: list[Remedy | None] = []
    for number in plain:
        if abs(of.moved(answer, number)) > NOTHING * max(1.0, abs(found[number].old)):
            chosen.append(_remedy(of, number, found[number], answer))
    missed = of.breach(answer)
    for number in others:
        mine = _freed(of, found[number])
        remedy = _remedy(of, number, found[number], answer) if missed[mine].any() else None
        if remedy is not None:
            chosen.append(remedy)
            missed = np.where(mine, 0.0, missed)
    sure = [remedy for remedy in chosen if remedy is not None]
    if len(sure) < len(chosen) or missed.any() or not _is_sure(of, sure):
        return ()
    return tuple(sorted(sure, key=lambda remedy: (-remedy.weight, str(remedy.change))))


def _is_sure(of: Elastic, chosen: Sequence[Remedy]) -> bool:
    """Whether changes do what their rows promise: land is read by many rules beside its own, so that the county is built anew."""
    tables = [remedy.change for remedy in chosen if remedy.lever.table != "settings"]
    if not any(remedy.lever.table == "land" for remedy in chosen) or len(tables) < len(chosen) or not is_as_built(of.laid):
        return True
    return holds(of.laid.program.instance, tables)
