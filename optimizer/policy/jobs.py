"""What a worker does: whole pieces of a comparison, each from what is given to plain figures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from optimizer.household.distribution import distribute
from optimizer.instance.changes import COORDINATED, UNCOORDINATED
from optimizer.instance.document import OBJECTIVES
from optimizer.instance.grids import Named
from optimizer.instance.instance import Instance
from optimizer.instance.loading import Given, instance_of
from optimizer.instance.trials import EXPECTED
from optimizer.policy.chain import Runner, Show, refused
from optimizer.policy.cobweb import seasons
from optimizer.policy.comparison import REFERENCE, Frontier, Outcome, Season, Sensitivity, Whole
from optimizer.policy.frontier import objective_changes, trace
from optimizer.policy.sensitivity import explore_all, ranges
from optimizer.policy.whole import marks, whole
from optimizer.problems import InputError, OptimizerError

CERTAIN = "settings.risk.measure=none"
"""The change that plans for the data as given."""

AS_GIVEN = (REFERENCE, UNCOORDINATED, COORDINATED)
"""Policies that are compared as planned for the data as given, whatever measure of risk the instance states: what all others
are held against, and the two that show what coordination is worth."""


def as_given(given: Given, policy: str = REFERENCE, changes: Sequence[str] = ()) -> Instance:
    """The instance of a policy with its measure of risk left aside. The change that does so is one of its changes."""
    instance = instance_of(given, policy, changes, policy)
    return instance_of(given, policy, (*changes, CERTAIN), policy) if instance.is_uncertain else instance


def chain(given: Given, links: Sequence[Named], show: Show | None, store: Path | None) -> list[Outcome]:
    """The outcomes of policies solved one after another, from the plan of the reference on."""
    runner, reference = Runner(show, store), as_given(given)
    found = []
    for link in links:
        try:
            instance = (as_given if link.policy in AS_GIVEN else instance_of)(given, link.policy)
        except InputError as error:
            found.append(refused(link.policy, link.parent, error))
            continue
        found.append(runner.run(instance, link.parent, reference if link.policy != REFERENCE else None))
    return found


def frontier(given: Given, name: str, show: Show | None, store: Path | None) -> Frontier:
    """One trade-off curve of table frontiers, of the policy its row names.

    Between two objectives, and for an objective without an expectation by the ledgers of single years, the policy's measure of
    risk is left aside.
    """
    row = next(row for row in given.tables["frontiers"].to_dict("records") if row["frontier"] == name)
    policy = row["policy"]
    has_risk = row["against"] not in OBJECTIVES and row["maximise"] in EXPECTED

    def variant(changes: tuple[str, ...]) -> Instance:
        return instance_of(given, policy, changes, policy) if has_risk else as_given(given, policy, changes)

    run = partial(Runner(show, store).run, parent=policy)
    bounds = row["from"], row["to"]
    return trace(variant(()), name, row["maximise"], row["against"], row["better"], *bounds, int(row["points"]), run, variant)


def sensitivities(given: Given, names: Sequence[str], store: Path | None) -> list[Sensitivity]:
    """The chosen rows of table sensitivities, one attribute moved at a time."""
    reference = as_given(given)
    runner = Runner(None, store)

    def variant(changes: tuple[str, ...]) -> Instance:
        return as_given(given, REFERENCE, changes)

    return explore_all(reference, [row for row in ranges(reference) if row.name in names], variant, runner.run)


def follow_prices(given: Given, count: int) -> tuple[Season, ...]:
    """Bases that follow last season's prices, for some seasons; nothing where the county has no plan."""
    try:
        return seasons(as_given(given), count)
    except OptimizerError:
        return ()


def who_stays_whole(given: Given) -> list[Whole]:
    """The shares that keep everyone whole, for the plan as it is and for the one of greatest margin that nobody can refuse."""
    runner, reference, found = Runner(), as_given(given), []
    free = ("settings.participation.company=none", "settings.participation.base=none", *objective_changes(reference, "margin"))
    for name, changes in ((REFERENCE, ()), ("greatest_margin", free)):
        try:
            distribution = distribute(runner.plan(as_given(given, REFERENCE, changes)))
        except OptimizerError:
            continue
        found.append(whole(distribution, name, marks(distribution)))
    return found
