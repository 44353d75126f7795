"""What a worker does: whole pieces of a comparison, each from what is given to plain figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optimizer.household.distribution import distribute
from optimizer.instance.grids import Named
from optimizer.instance.instance import Instance
from optimizer.instance.loading import Given, instance_of
from optimizer.policy.chain import Runner, Show, refused
from optimizer.policy.cobweb import seasons
from optimizer.policy.comparison import REFERENCE, Frontier, Outcome, Season, Sensitivity, Whole
from optimizer.policy.frontier import objective_changes, trace
from optimizer.policy.sensitivity import explore_all, ranges
from optimizer.policy.whole import marks, whole
from optimizer.problems import InputError, OptimizerError


def chain(given: Given, links: Sequence[Named], show: Show | None, store: Path | None) -> list[Outcome]:
    """The outcomes of policies solved one after another, from the plan of the reference on."""
    runner, reference = Runner(show, store), instance_of(given)
    found = []
    for link in links:
        try:
            instance = instance_of(given, link.policy)
        except InputError as error:
            found.append(refused(link.policy, link.parent, error))
            continue
        found.append(runner.run(instance, link.parent, reference if link.policy != REFERENCE else None))
    return found


def frontier(given: Given, name: str, show: Show | None, store: Path | None) -> Frontier:
    """One trade-off curve of table frontiers."""
    reference = instance_of(given)
    row = next(row for row in reference.table("frontiers").to_dict("records") if row["frontier"] == name)
    runner = Runner(show, store)

    def variant(changes: tuple[str, ...]) -> Instance:
        return instance_of(given, REFERENCE, changes)

    return trace(
        reference, name, row["maximise"], row["against"], row["better"], row["from"], row["to"], int(row["points"]), runner.run, variant
    )


def sensitivities(given: Given, names: Sequence[str], store: Path | None) -> list[Sensitivity]:
    """The chosen rows of table sensitivities, one attribute moved at a time."""
    reference = instance_of(given)
    runner = Runner(None, store)

    def variant(changes: tuple[str, ...]) -> Instance:
        return instance_of(given, REFERENCE, changes)

    return explore_all(reference, [row for row in ranges(reference) if row.name in names], variant, runner.run)


def follow_prices(given: Given, count: int) -> tuple[Season, ...]:
    """Bases that follow last season's prices, for some seasons; nothing where the county has no plan."""
    try:
        return seasons(instance_of(given), count)
    except OptimizerError:
        return ()


def who_stays_whole(given: Given) -> list[Whole]:
    """The shares that keep everyone whole, for the plan as it is and for the one of greatest margin that nobody can refuse."""
    runner, reference, found = Runner(), instance_of(given), []
    free = ("settings.participation.company=none", "settings.participation.base=none", *objective_changes(reference, "margin"))
    for name, changes in ((REFERENCE, ()), ("greatest_margin", free)):
        try:
            distribution = distribute(runner.plan(instance_of(given, REFERENCE, changes)))
        except OptimizerError:
            continue
        found.append(whole(distribution, name, marks(distribution)))
    return found
