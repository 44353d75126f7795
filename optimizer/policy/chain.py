"""Policies solved one after another: the unit of work that is handed to a worker, fixed whatever the number of workers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from optimizer.household.distribution import Distribution, distribute
from optimizer.instance.instance import Instance
from optimizer.policy.comparison import NO_PLAN, REFERENCE, REFUSED, STOPPED, Outcome
from optimizer.policy.keeping import keep, kept
from optimizer.policy.outcome import outcome_of
from optimizer.problems import InputError, NoPlan, OptimizerError
from optimizer.program.live import Live
from optimizer.program.plan import Plan
from optimizer.program.uncertain import decide_uncertain
from optimizer.season.season import Season
from optimizer.season.seasons import season_of
from optimizer.texts import say

Show = Callable[[Distribution, Season | None], Mapping[str, str]]
"""Makes the files of a whole plan, by name; the season of a plan that was made for all possible years, else None."""

ENDS: dict[type[OptimizerError], str] = {NoPlan: NO_PLAN, InputError: REFUSED}


@dataclass
class Runner:
    """Makes outcomes, one instance after the other, on one live solver; a plan for an uncertain season on solvers of its own.

    ``show`` makes the files of each plan. In ``store`` (policy/keeping.py; None: nowhere) each outcome is kept as soon as it
    is there, so that an interrupted comparison goes on where it stopped.
    """

    show: Show | None = None
    store: Path | None = None
    live: Live = field(default_factory=Live)

    def run(self, instance: Instance, parent: str = REFERENCE, begin: Instance | None = None) -> Outcome:
        """The outcome of an instance; without a plan its status says so and ``why`` gives the sentences.

        Where nothing is live yet, ``begin`` is solved first, so that whether a policy restarts does not depend on which
        outcomes were in the store already.
        """
        key = (instance.policy, instance.changes, self.show is not None)
        known = kept(self.store, key)
        if known is not None:
            return known
        if begin is not None and not self.live.held and not instance.is_uncertain:
            with contextlib.suppress(OptimizerError):  # the county may have no plan as it stands, and its policies one
                self.plan(begin)
        outcome = self._made(instance, parent)
        keep(self.store, key, outcome)
        return outcome

    def _made(self, instance: Instance, parent: str) -> Outcome:
        clock = time.perf_counter()
        try:
            plan = self.plan(instance)
            seconds = round(time.perf_counter() - clock, 3)
            distribution = distribute(plan)
            season = season_of(distribution)  # by this one process: others are busy with other policies
        except OptimizerError as error:
            return _without_plan(instance.policy, parent, error, instance.changes)
        outcome = outcome_of(distribution, parent, seconds, season)
        return replace(outcome, files=self.show(distribution, season)) if self.show else outcome

    def plan(self, instance: Instance) -> Plan:
        """The plan itself, on the same live solver unless its season is uncertain. Raises NoPlan, SolverStopped and InputError."""
        if instance.is_uncertain:
            plan = decide_uncertain(instance, self.live.solver)
            return replace(plan, restarted=False, rebuilt_because=say("compare.uncertain"))
        return self.live.decide(instance)


def refused(policy: str, parent: str, error: InputError) -> Outcome:
    """A policy whose changed instance makes no sense."""
    return _without_plan(policy, parent, error, ())


def _without_plan(policy: str, parent: str, error: OptimizerError, changes: tuple[str, ...]) -> Outcome:
    return Outcome(policy, parent, ENDS.get(type(error), STOPPED), changes, why=error.lines)
