"""Why there is no plan: which rules conflict and by how much, which change would make one possible, or what pays without limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.instance.registry import registry
from optimizer.program.answer import OPTIMAL, Answer
from optimizer.program.bounding import Impossible, impossible
from optimizer.program.elastic import Elastic, Laid, elastic, laid
from optimizer.program.irreducible import Conflicting
from optimizer.program.levers import SETTING, SWITCH, Lever
from optimizer.program.matrix import Matrix
from optimizer.program.program import Program
from optimizer.program.remedies import Remedies, Remedy, remedies
from optimizer.program.sentences import figure, sentence
from optimizer.program.solver import LARGE, Solver
from optimizer.texts import say

UNBOUNDED_FROM = 1e9
"""A decision that would grow beyond this grows without limit."""

SHOWN = 12
"""Sentences that are shown at most."""


@dataclass(frozen=True)
class Breach:
    """A rule that would have to give way by ``amount`` (its ``unit``): its name, what its row stands for, and the sentence."""

    rule: str
    keys: tuple[tuple[str, str], ...]
    amount: float
    unit: str
    sentence: str


@dataclass(frozen=True)
class Diagnosis:
    """Why there is no plan.

    ``breaches``: the least that would have to give way, what weighs most first. ``changes``: what makes a plan possible, as
    ``--set`` takes it: each alone (the cheapest first) where ``is_single``, else all of them together. ``irreducible``: a conflict
    of which no row can be left out, if it was asked for. ``sentences``: all a planner reads.
    """

    breaches: tuple[Breach, ...]
    changes: tuple[str, ...]
    is_single: bool
    sentences: tuple[str, ...]
    irreducible: tuple[Conflicting, ...] = ()


def conflict(program: Program, matrix: Matrix) -> list[str]:
    """Sentences naming the rules that would have to give way, and by how much, so that a plan exists, and what to change."""
    found = diagnosed(program, matrix)
    return list(found.sentences) if found is not None else [say("noplan.infeasible"), say("noplan.laws")]


def diagnosed(program: Program, matrix: Matrix) -> Diagnosis | None:
    """Why a program has no plan as ``matrix`` has it; None if it has one.

    An elastic program: each row that is no law may be missed, at a price in yuan per unit of its own (``giving_way``): a yuan is
    not a mu. What is simply there is dearer than any wish, and what is decided already dearer still. The least weighted breach is shown.
    """
    of = laid(program, matrix)
    soft, is_whole = elastic(_without_choices(of)), True
    answer = soft.least()
    if matrix.integer.any():
        is_whole = not (len(matrix.cost) > LARGE and answer.status == OPTIMAL and soft.breach(answer).any())
        if is_whole:  # choices are looked at where the conflict does not show without them, or a search does not take long
            soft = elastic(of)
            answer = soft.least()
    if answer.status != OPTIMAL:
        return Diagnosis((), (), False, (say("noplan.infeasible"), say("noplan.laws")))
    missed = soft.breach(answer)
    if not missed.any():
        return None
    breaches = _breaches(soft, missed, impossible(of.matrix, of.rules))
    found = remedies(soft, answer) if is_whole else Remedies((), (), False)
    chosen = found.single or found.together
    lines = (say("noplan.infeasible"), *(breach.sentence for breach in breaches[:SHOWN]), *suggestions(found))
    return Diagnosis(breaches, tuple(str(remedy.change) for remedy in chosen), bool(found.single), lines)


def _without_choices(of: Laid) -> Laid:
    return replace(of, matrix=replace(of.matrix, integer=np.zeros(len(of.matrix.cost), dtype=bool)))


def _breaches(of: Elastic, missed: np.ndarray, hopeless: list[Impossible]) -> tuple[Breach, ...]:
    """What has to give way, what weighs most first; beside what can never be, how much of it can."""
    at_best = {one.row: one for one in hopeless}
    found = []
    for i in np.flatnonzero(missed):
        number, amount = int(of.rows[i]), float(missed[i])
        rows, at = of.laid.at(number)
        text = sentence(rows, at, amount, bool(of.signs[i] > 0))
        if number in at_best:
            one = at_best[number]
            key = "noplan.bound.most" if one.best < one.asked else "noplan.bound.least"
            text = f"{text} {say(key, asked=figure(one.asked), best=figure(one.best), unit=rows.unit[at])}"
        keys = tuple((str(key), str(value)) for key, value in rows.keys.iloc[at].items())
        found.append((-amount * of.weight[i], Breach(rows.rule, keys, amount, str(rows.unit[at]), text)))
    return tuple(breach for _, breach in sorted(found, key=lambda pair: (pair[0], pair[1].sentence)))


# --- what to change ------------------------------------------------------------------------------------------------


def suggestions(found: Remedies) -> list[str]:
    """The lines that say what could be changed; none where nothing was found."""
    if found.single:
        first, *others = found.single
        lines = [say("noplan.change.cheapest" if found.is_proven else "noplan.change.enough"), _suggestion(first)]
        return [*lines, say("noplan.change.instead"), *map(_suggestion, others)] if others else lines
    if not found.together:
        return []
    head = "noplan.change.together" if found.is_proven else "noplan.change.some"
    return [say(head), *map(_suggestion, found.together)]


def _suggestion(remedy: Remedy) -> str:
    lever, change = remedy.lever, str(remedy.change)
    if lever.kind == SWITCH:
        return say("noplan.change.switched", **dict(lever.where), change=change)
    if remedy.value is None:
        return say("noplan.change.left_out", **dict(lever.where), change=change)
    return say("noplan.change.figure", what=_what(lever), new=figure(float(remedy.value)), old=figure(lever.old), change=change)


def _what(lever: Lever) -> str:
    """A lever's figure in words: what the registry says of it, and where it stands."""
    if lever.kind == SETTING:
        return say(f"noplan.change.settings.{lever.column.split('.')[0]}", **dict(lever.where))
    if lever.table == "rules":
        return say(f"noplan.change.rules.{lever.column}", **dict(lever.where))
    meaning = next(a.meaning for a in registry()[lever.table].attributes if a.column == lever.column).split(";")[0]
    return f"{meaning[0].upper()}{meaning[1:]} ({', '.join(f'{column} {name}' for column, name in lever.where)})"


# --- what pays without limit ---------------------------------------------------------------------------------------


def without_bound(program: Program, matrix: Matrix) -> list[str]:
    """Sentences naming the decisions that grow without limit."""
    bounded = replace(matrix, upper=np.minimum(matrix.upper, UNBOUNDED_FROM), lower=np.maximum(matrix.lower, -UNBOUNDED_FROM))
    answer: Answer = Solver(bounded).solve()
    names: list[str] = []
    if answer.status == OPTIMAL:
        for kind, frame in program.columns.frames.items():
            huge = frame[np.abs(answer.values[frame["column"]]) > UNBOUNDED_FROM / 1000]
            for row in huge[program.columns.keys_of(kind)].head(4).itertuples(index=False):
                names.append(f"{kind} ({', '.join(str(v) for v in row)})")
    return [say("noplan.unbounded"), say("noplan.unbounded_hint", names="; ".join(names[:SHOWN]))]
