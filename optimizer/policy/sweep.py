"""``sweep``: many policies in many possible years, the optimum of each program alone.

``compare`` makes a whole result of every policy: all stages, practical units, the fen of every household. The optimum alone is
found many times faster, and shows which of a thousand policies and years are worth a closer look. Nothing but the optimum is
told, since of several plans that reach it a restart may find another one than a cold solve.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from optimizer.executing import Died, Job, run_all
from optimizer.instance.changes import BUILT_IN, parse
from optimizer.instance.factors import TOUCHED, of_factors
from optimizer.instance.grids import Named, listed, meant
from optimizer.instance.instance import Instance
from optimizer.instance.loading import Given, instance_of, read_given
from optimizer.policy.comparison import FAILED, NO_PLAN, OPTIMAL, REFERENCE, REFUSED, STOPPED
from optimizer.policy.jobs import as_given
from optimizer.problems import InputError, NoPlan, Problem, nearest
from optimizer.program.answer import INFEASIBLE, why_stopped
from optimizer.program.answer import OPTIMAL as SOLVED
from optimizer.program.live import Live
from optimizer.texts import say

CHUNK = 50
"""Programs that one worker solves one after another, at least. Fixed, so that nothing depends on the number of workers."""

AS_GIVEN = ""
"""The year that is meant where none is named: the figures as they stand."""


class Variant(NamedTuple):
    """A policy of the instance, and further ``changes`` as ``--set`` takes them."""

    policy: str = REFERENCE
    changes: tuple[str, ...] = ()


class Wanted(NamedTuple):
    """One program: a variant in a possible year (table scenarios; ``AS_GIVEN``: none of them)."""

    year: str
    variant: Variant


class Optimum(NamedTuple):
    """What became of one program.

    ``objective_yuan``: its optimum (of a measure: in the measure's unit); None without a plan. ``gap``: relative distance
    between primal and dual objective, at most 1e-7 (of yes-or-no choices: the solver's own gap, at most settings.integer_gap).
    ``restarted``: found from the program before it, not cold. ``why``: why there is no plan, '' if there is one.
    """

    year: str
    policy: str
    changes: tuple[str, ...]
    status: str
    objective: str = ""
    objective_yuan: float | None = None
    gap: float | None = None
    restarted: bool = False
    seconds: float = 0.0
    why: str = ""


def sweep(
    path: str | Path | Given,
    variants: Sequence[Variant],
    years: Sequence[str] = (AS_GIVEN,),
    *,
    workers: int = 1,
    scheduler: str = "",
    chunk: int = CHUNK,
    done: Callable[[int, int], None] = lambda finished, count: None,
) -> list[Optimum]:
    """The optimum of every one of ``variants`` in every one of ``years``, year by year and in the order of the variants.

    A chunk of at least so many programs is one job, for one of ``workers`` processes or the Dask cluster at ``scheduler``; in it
    each program starts from the one before, so let neighbours among the variants differ in little. What is given is sent once to
    each worker. Every year stands for itself: a policy's measure of risk is left aside. ``done`` is told how many chunks are
    finished, and of how many.

    Raises InputError with every problem of the instance, and for years it does not have. A program without a plan is an
    ``Optimum`` that says why.
    """
    given = path if isinstance(path, Given) else read_given(path)
    reference = instance_of(given)
    if unknown := [problem for year in years if (problem := _unknown(reference, year)) is not None]:
        raise InputError(unknown)
    todo = [_job(number, wanted) for number, wanted in enumerate(chunks(variants, years, chunk))]
    finished: list[str] = []

    def count(name: str) -> None:
        finished.append(name)
        done(len(finished), len(todo))

    found: dict[Wanted, Optimum] = {}
    for job, parts in zip(todo, run_all(todo, workers, scheduler, count, (given,)), strict=True):
        optima = [one for part in parts for one in ([None] if isinstance(part, Died) else part)]
        found.update((wanted, made or _died(wanted)) for wanted, made in zip(job.arguments[0], optima, strict=True))
    return [found[Wanted(year, variant)] for year in years for variant in variants]


def variants_of(given: Given, policies: Sequence[str], changes: Sequence[str] = ()) -> list[Variant]:
    """The policies that are named (of a grid all members), each with every combination of ``changes``, of which any may list
    values (``0.4 | 0.45``) as table policies does. Neighbours differ in one figure. Raises InputError for unknown policies and for
    what is no change."""
    problems: list[Problem] = []
    found: list[str] = []
    for name in policies:
        count, members = (1, iter([Named(name, "", "")])) if name == REFERENCE else meant(name, given.policies)
        if not count:
            known = [REFERENCE, *given.policies.rows, *BUILT_IN]
            problems.append(Problem("--policies", None, "", name, say("expected.policy", known=", ".join(known)), nearest(name, known)))
        found += [member.policy for member in members]
    lists = [[str(replace(change, value=value)) for value in listed(change)] for text in changes for change in parse(text, problems)]
    if problems:
        raise InputError(problems)
    return [Variant(*one) for one in turning([list(dict.fromkeys(found)), list(turning(lists))])]


def turning(lists: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Every combination of one value per list, the last list running fastest and back again, so that neighbours differ in one.

    >>> list(turning(["ab", "xy"]))
    [('a', 'x'), ('a', 'y'), ('b', 'y'), ('b', 'x')]
    """
    if not lists:
        yield ()
        return
    others = list(turning(lists[1:]))
    for number, value in enumerate(lists[0]):
        yield from ((value, *rest) for rest in (others if number % 2 == 0 else others[::-1]))


def years_of(given: Given, names: Sequence[str]) -> list[str]:
    """The possible years that are named by themselves, by a set they are in, or by ``*`` (all). Raises InputError for unknown ones."""
    known = instance_of(given).names
    found = {name: known.lookup("scenarios", name) for name in names}
    if problems := [_no_year(name, known.known("scenarios")) for name, own in found.items() if own is None]:
        raise InputError(problems)
    return list(dict.fromkeys(year for own in found.values() if own is not None for year in own[1]))


def chunks(variants: Sequence[Variant], years: Sequence[str], least: int = CHUNK) -> Iterator[tuple[Wanted, ...]]:
    """All programs in runs of ``least`` or more (as few as there are, if there are fewer), no run longer than need be.

    A year changes nearly all figures and a policy few, so that the years change least often; every other year goes through
    the policies backwards, so that two neighbours differ in the policy or in the year.
    """
    if len(variants) >= least:
        for year in years:
            for part in np.array_split(np.arange(len(variants)), len(variants) // least):
                yield tuple(Wanted(year, variants[i]) for i in part)
        return
    together = -(-least // max(len(variants), 1))
    for part in np.array_split(np.arange(len(years)), max(len(years) // together, 1)):
        turns = [variants if number % 2 == 0 else variants[::-1] for number in range(len(part))]
        yield tuple(Wanted(years[i], variant) for i, turn in zip(part, turns, strict=True) for variant in turn)


def _job(number: int, wanted: tuple[Wanted, ...]) -> Job:
    parts = tuple(Job(f"program {number}.{i}", optima, ((one,),)) for i, one in enumerate(wanted))
    return Job(f"programs {number}", optima, (wanted,), parts)


def _died(wanted: Wanted) -> Optimum:
    return _without(wanted, FAILED, [say("compare.worker_died")])


def _without(wanted: Wanted, status: str, why: Sequence[str]) -> Optimum:
    return Optimum(wanted.year, *wanted.variant, status, why=" ".join(why))


# --- what a worker does


def optima(given: Given, wanted: Sequence[Wanted]) -> list[Optimum]:
    """The optima of programs solved one after another on one live solver."""
    given = replace(given, memory={})  # another thread of this worker may be at work with it too
    made = cache(lambda variant: as_given(given, *variant))  # one object in all years, so that its programs can share their parts
    live, years = Live(), Years()
    return [_optimum(made, one, live, years) for one in wanted]


@dataclass
class Years:
    """Instances in possible years. Tables that a year changes are made once for all instances in a row that share them, so that
    their programs can share decisions and rows."""

    before: Instance | None = None
    after: Instance | None = None
    year: str = AS_GIVEN

    def of(self, instance: Instance, year: str) -> Instance:
        """The instance as the year would make it. Raises InputError for a year it does not have."""
        if year == AS_GIVEN:
            return instance
        if problem := _unknown(instance, year):
            raise InputError([problem])
        made = self.after
        if made is None or year != self.year or not self._reads_the_same(instance):
            made = of_factors(instance, year, instance.table("scenario_factors"))
            self.before, self.after, self.year = instance, made, year
        return replace(instance, tables={**instance.tables, **{name: made.tables[name] for name in TOUCHED}})

    def _reads_the_same(self, instance: Instance) -> bool:
        """Whether the year changes the figures of an instance as it did those of the one before."""
        old = self.before
        if old is None or instance.names.sets != old.names.sets:
            return False
        return all(instance.tables[name] is old.tables[name] for name in (*TOUCHED, "scenario_factors"))


def _unknown(instance: Instance, year: str) -> Problem | None:
    """What is wrong with the name of a year; None if it is one."""
    known = instance.names.universes["scenarios"]
    if year == AS_GIVEN or year in known:
        return None
    return _no_year(year, known)


def _no_year(year: str, known: Sequence[str]) -> Problem:
    return Problem("--years", None, "", year, say("sweep.expected_year", known=", ".join(known)), nearest(year, known))


def _optimum(made: Callable[[Variant], Instance], wanted: Wanted, live: Live, years: Years) -> Optimum:
    clock = time.perf_counter()
    try:
        instance = years.of(made(wanted.variant), wanted.year)
        if instance.settings.planting == "alone":  # each base's own program, none for all
            return _without(wanted, REFUSED, [say("live.alone")])
        program = live.build(instance)
    except InputError as error:
        return _without(wanted, REFUSED, error.lines)
    except NoPlan:  # the reasons take longer than a sweep should; `optimizer solve` gives them
        return _without(wanted, NO_PLAN, [say("sweep.no_plan")])
    answer, objective = live.answer(program), program.instance.settings.objective
    seconds = round(time.perf_counter() - clock, 4)
    if answer.status == INFEASIBLE:
        return _without(wanted, NO_PLAN, [say("sweep.no_plan")])
    if answer.status != SOLVED:
        return _without(wanted, STOPPED, [why_stopped(answer)])
    value = -answer.objective if objective.minimise else answer.objective
    return Optimum(wanted.year, *wanted.variant, OPTIMAL, objective.name, value, answer.gap, answer.restarted, seconds)
