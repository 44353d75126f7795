"""Backtest: a plan that is in the ground, held against past years or years of stress, with only what would still be open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from optimizer.household.distribution import distribute
from optimizer.household.income import below_line
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import Scenario
from optimizer.problems import NoPlan
from optimizer.program.alone import released
from optimizer.program.live import Live
from optimizer.program.recourse import in_year
from optimizer.season.season import Year
from optimizer.season.stored import FIRST_STAGE, Stored, require_known
from optimizer.season.years import year_of

Told = Callable[[int, int], None]
"""Hears how many of how many years are done."""


@dataclass(frozen=True)
class Without:
    """A year in which nothing can be done that keeps what was promised, and the sentences that say why."""

    scenario: str
    label: str
    probability: Fraction
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Backtest:
    """A stored plan in other years.

    ``folder``: where the plan is stored · ``years``: what each year brings, in the order of the file · ``without``: years that
    leave no plan · ``households_before``: households below the poverty line before the plan; None without incomes or a line.
    """

    instance: Instance
    folder: Path
    years: tuple[Year, ...]
    without: tuple[Without, ...]
    households_before: int | None

    @property
    def expected_margin_fen(self) -> Fraction:
        """Mean margin of the years that have one, weighed by their probabilities (alike if those are all zero)."""
        weights = [year.probability for year in self.years]
        if not any(weights):
            weights = [Fraction(1)] * len(weights)
        return sum((w * year.margin_fen for w, year in zip(weights, self.years, strict=True)), Fraction(0)) / sum(weights)


def backtest(instance: Instance, stored: Stored, years: Sequence[Scenario], solver: str = "highs", told: Told | None = None) -> Backtest:
    """What the stored plan brings in each of ``years`` (instances of ``instance`` in other years).

    Planted, rented, chosen opening stock, insurance and promotion are as stored; everything else is decided anew in each year,
    with its prices, yields and roads known. Floors of participation that a year does not allow are missed by as little as
    possible. Raises InputError where the plan is not one of this instance, and NoPlan if no year at all leaves a plan.
    """
    live = Live(solver)
    first = stored.first_stage()
    found: list[Year] = []
    without: list[Without] = []
    before: int | None = None
    for number, year in enumerate(years):
        own = released(year.instance) if instance.settings.planting == "alone" else year.instance
        if not number:
            require_known(stored, own, live.build(own).columns, FIRST_STAGE)
        try:
            distribution = distribute(in_year(own, first, live))
        except NoPlan as error:
            without.append(Without(year.name, year.label, year.probability, error.lines))
        else:
            found.append(year_of(replace(year, instance=own), distribution))
            is_below = below_line(instance, distribution.households, "before")
            before = None if is_below is None else int(is_below.sum())
        if told is not None:
            told(number + 1, len(years))
    if not found:
        raise NoPlan(without[0].lines)
    return Backtest(instance, stored.folder, tuple(found), tuple(without), before)
