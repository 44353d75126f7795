"""``compare``: all policies of a county side by side, with frontiers, sensitivities and what coordination earns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.executing import Died, Job, run_all
from optimizer.instance.changes import BUILT_IN
from optimizer.instance.grids import Named, meant
from optimizer.instance.instance import Instance
from optimizer.instance.loading import Given, instance_of, read_given
from optimizer.policy import jobs as work
from optimizer.policy.chain import Show
from optimizer.policy.comparison import FAILED, REFERENCE, Comparison, Outcome
from optimizer.policy.keeping import close_empty, open_store
from optimizer.problems import InputError, Problem, nearest
from optimizer.texts import say

CHAIN = 50
"""Policies that are solved one after another, at most. Fixed, so that results do not depend on the number of workers."""

MOST = 200
"""Policies that are compared without asking."""

SEASONS = 6
"""Seasons of bases that follow last season's prices, unless another number is stated."""


@dataclass(frozen=True)
class Chosen:
    """What is to be compared: policies in their order (the reference first), names of frontiers and of sensitivities, and
    whether coordination and the split are looked into as well (they are unless single names were asked for)."""

    policies: tuple[Named, ...]
    frontiers: tuple[str, ...]
    sensitivities: tuple[str, ...]
    is_everything: bool


def compare(
    path: str | Path | Given,
    names: Sequence[str] = (),
    *,
    workers: int = 1,
    scheduler: str = "",
    seasons: int = SEASONS,
    is_sure: bool = False,
    show: Show | None = None,
    store: Path | None = None,
    done: Callable[[int, int], None] = lambda finished, count: None,
) -> Comparison:
    """Run every policy of the instance in the folder ``path`` (or those of ``names``, beside the reference) and compare them.

    ``names`` may name policies, grids (all their members), frontiers and sensitivities. ``workers`` processes share the
    work, or the Dask cluster at ``scheduler``; the figures are the same. For so many ``seasons`` bases that plan alone follow
    last season's prices. ``show`` makes the files of each whole plan;
    ``store`` is a folder (policy/keeping.py) in which outcomes are kept as they come, so that a comparison can go on after
    an interruption.
    ``done`` is told how many jobs are finished, and of how many.

    Raises InputError with every problem of the instance, unknown names, or more than ``MOST`` policies unless
    ``is_sure``. A policy without a plan is an outcome that says so.
    """
    given = path if isinstance(path, Given) else read_given(path)
    reference = instance_of(given)
    chosen = choose(given, reference, names, is_sure)
    if store is not None:
        open_store(store)
    todo = list(_jobs(given, reference, chosen, seasons, show, store))
    finished: list[str] = []

    def count(name: str) -> None:
        finished.append(name)
        done(len(finished), len(todo))

    try:
        results = dict(zip([job.name for job in todo], run_all(todo, workers, scheduler, count), strict=True))
    except InputError:  # no workers to be had: nothing was begun
        if store is not None:
            close_empty(store)
        raise
    return _gathered(reference, chosen, results)


def choose(given: Given, reference: Instance, names: Sequence[str], is_sure: bool = False) -> Chosen:
    """What ``names`` mean (nothing: all there is). Raises InputError for unknown ones, and for more than ``MOST`` policies
    unless ``is_sure``."""
    frontiers = [str(name) for name in reference.table("frontiers")["frontier"]]
    sensitivities = [str(name) for name in reference.table("sensitivities")["sensitivity"]]
    families = [*given.policies.rows, *BUILT_IN]
    wanted = [name for name in dict.fromkeys(names or families) if name not in (REFERENCE, *frontiers, *sensitivities)]
    found = {name: meant(name, given.policies) for name in wanted}
    unknown = [name for name, (count, _) in found.items() if not count]
    if unknown:
        known = [REFERENCE, *families, *frontiers, *sensitivities]
        expected = say("expected.compared", known=", ".join(known))
        raise InputError([Problem("--policies", None, "", name, expected, nearest(name, known)) for name in unknown])
    count = sum(count for count, _ in found.values())
    if count > MOST and not is_sure:
        grids = ", ".join(f"{name} ({count})" for name, (count, _) in found.items() if count > 1)
        many = say("found.many_policies", count=count, grids=grids)
        raise InputError([Problem("--policies", None, "", many, say("expected.fewer_policies", most=MOST))])
    policies = dict.fromkeys([Named(REFERENCE, "", ""), *(named for _, members in found.values() for named in members)])
    return Chosen(
        tuple(policies),
        tuple(name for name in frontiers if not names or name in names),
        tuple(name for name in sensitivities if not names or name in names),
        not names,
    )


def _jobs(given: Given, reference: Instance, chosen: Chosen, seasons: int, show: Show | None, store: Path | None) -> Iterator[Job]:
    """All work as jobs of fixed content, longest first."""
    apart = [link for link in chosen.policies if link.policy not in work.AS_GIVEN and _plans_for_all_years(given, link.policy)]
    for link in apart:
        alone = (given, (link,), show, store)
        yield Job(f"policies {link.policy}", work.chain, alone, (Job(link.policy, work.chain, alone),))
    rest = [link for link in chosen.policies if link not in apart]
    count = math.ceil(len(rest) / CHAIN)
    size = math.ceil(len(rest) / count)
    for start in range(0, len(rest), size):
        links = tuple(rest[start : start + size])
        parts = tuple(Job(link.policy, work.chain, (given, (link,), show, store)) for link in links)
        yield Job(f"policies {start}", work.chain, (given, links, show, store), parts)
    if chosen.sensitivities:
        yield Job("sensitivities", work.sensitivities, (given, chosen.sensitivities, store))
    for name in chosen.frontiers:
        yield Job(f"frontier {name}", work.frontier, (given, name, show, store))
    if chosen.is_everything and seasons:
        yield Job("seasons", work.follow_prices, (given, seasons))
    if chosen.is_everything and reference.split:
        yield Job("whole", work.who_stays_whole, (given,))


def _plans_for_all_years(given: Given, policy: str) -> bool:
    """Whether a policy takes many solves, none of which helps another policy. One that is refused takes none."""
    try:
        return instance_of(given, policy).is_uncertain
    except InputError:
        return False


def _gathered(reference: Instance, chosen: Chosen, results: dict[str, list[Any]]) -> Comparison:
    notes = [say("compare.as_given")] if reference.is_uncertain else []

    def alive(name: str) -> Any:
        """The result of a job without parts; None if it died or was not asked for."""
        (found,) = results.get(name, [None])
        if isinstance(found, Died):
            notes.append(say("compare.died", job=name))
            return None
        return found

    outcomes: list[Outcome] = []
    for name, found in results.items():
        if name.startswith("policies "):
            outcomes += [made for part in found for made in (part if not isinstance(part, Died) else [_failed(part, chosen)])]
    place = {link.policy: number for number, link in enumerate(chosen.policies)}
    outcomes.sort(key=lambda outcome: place[outcome.policy])
    curves = [alive(f"frontier {name}") for name in chosen.frontiers]
    return Comparison(
        instance=reference,
        outcomes=tuple(outcomes),
        frontiers=tuple(curve for curve in curves if curve is not None),
        sensitivities=tuple(alive("sensitivities") or ()),
        seasons=tuple(alive("seasons") or ()),
        wholes=tuple(alive("whole") or ()),
        notes=tuple(notes),
    )


def _failed(died: Died, chosen: Chosen) -> Outcome:
    parent = next(p.parent for p in chosen.policies if p.policy == died.job)
    return Outcome(died.job, parent, FAILED, why=(say("compare.worker_died"),))
